import { describeError, MAX_RESULT_BYTES } from '@redrive/shared/task'
import type { AttemptOutcome } from '@redrive/shared/protocol'

/**
 * What a handler returned, as the JSON text that is stored: nothing becomes `null`. A value that JSON cannot represent
 * (a cycle, a BigInt, a function or symbol anywhere in it) or that is too large is an unusable result. Never throws.
 */
export function encodeResult(returned: unknown): AttemptOutcome {
  if (returned === undefined) return { kind: 'succeeded', result: 'null' }
  try {
    return withinLimit(JSON.stringify(returned, refuseSilentLosses))
  } catch (error) {
    return unusable(describeError(error).message)
  }
}

function withinLimit(result: string | undefined): AttemptOutcome {
  if (result === undefined) return unusable('its toJSON method returns nothing')
  const bytes = Buffer.byteLength(result)
  if (bytes <= MAX_RESULT_BYTES) return { kind: 'succeeded', result }
  return unusable(
    `it has ${bytes} bytes of JSON, and at most ${MAX_RESULT_BYTES} are kept: put it in a store of its own and return where it is`,
  )
}

/** n.b. JSON.stringify drops these without a word, and the client would miss what the handler thought it returned. */
function refuseSilentLosses(key: string, value: unknown): unknown {
  if (typeof value !== 'function' && typeof value !== 'symbol') return value
  throw new TypeError(`there is a ${typeof value}${key === '' ? '' : ` at ${JSON.stringify(key)}`}`)
}

function unusable(reason: string): AttemptOutcome {
  return {
    kind: 'unusable_result',
    error: { type: 'UnusableResultError', message: `The result cannot be kept as JSON: ${reason}.` },
  }
}
