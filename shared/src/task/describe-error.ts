import type { TaskError } from './task-error.ts'

// Guesses: long enough for any stack that a person reads, short enough that 1,000 failures in one statement stay under 20 MB.
const MAX_MESSAGE = 4_000
const MAX_STACK = 8_000
const MAX_NAME = 200
const MAX_CAUSES = 5

/**
 * Turns whatever a handler threw into a bounded, storable error. Never throws, also for hostile objects
 * (getters that throw, cyclic causes, proxies), because losing the reason of a failure is worse than showing half of it.
 */
export function describeError(thrown: unknown): TaskError {
  return describe(thrown, 0)
}

function describe(thrown: unknown, depth: number): TaskError {
  if (typeof thrown !== 'object' || thrown === null)
    return { type: 'Error', message: clean(textOf(thrown), MAX_MESSAGE) }
  const name = property(thrown, 'name')
  const message = property(thrown, 'message')
  const stack = property(thrown, 'stack')
  const code = property(thrown, 'code')
  const cause = property(thrown, 'cause')
  return {
    type: clean(typeof name === 'string' && name !== '' ? name : 'Error', MAX_NAME),
    message: clean(typeof message === 'string' ? message : textOf(thrown), MAX_MESSAGE),
    ...(typeof stack === 'string' ? { stack: clean(stack, MAX_STACK) } : {}),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: clean(String(code), MAX_NAME) } : {}),
    ...(cause !== undefined && depth < MAX_CAUSES ? { cause: describe(cause, depth + 1) } : {}),
  }
}

function property(from: object, name: string): unknown {
  try {
    return Reflect.get(from, name)
  } catch {
    // A getter that throws tells us nothing more than that the property is unreadable.
    return undefined
  }
}

function textOf(value: unknown): string {
  try {
    return typeof value === 'object' ? (JSON.stringify(value) ?? String(value)) : String(value)
  } catch {
    return 'a value that cannot be shown was thrown'
  }
}

/** Postgres stores neither U+0000 nor half a surrogate pair in JSON. */
function clean(text: string, limit: number): string {
  const bounded = text.length > limit ? `${text.slice(0, limit)}…` : text
  return bounded.toWellFormed().replaceAll('\u0000', '\uFFFD')
}
