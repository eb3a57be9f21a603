import { appendFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { defineTask, PermanentError, RunLater } from '@redrive/worker'
import { z } from 'zod'

const quick = { maxAttempts: 5, baseDelayMs: 0, factor: 1, maxDelayMs: 0 }

/** Comes back at once with what it was told to. */
export const returning = defineTask({
  name: 'test.returning',
  input: z.strictObject({
    what: z.enum([
      'nothing',
      'cycle',
      'bigint',
      'function',
      'nested-function',
      'large',
      'nul',
      'surrogate',
      'text',
    ]),
  }),
  handler: ({ what }) => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    return {
      nothing: undefined,
      cycle,
      bigint: { amount: 1n },
      function: () => 1,
      'nested-function': { list: [{ run: () => 1 }] },
      large: 'x'.repeat(262_143),
      nul: { text: 'a\u0000b' },
      surrogate: '\ud800',
      text: 'done',
    }[what]
  },
})

/** Waits until all have begun that are to, and returns as much as it was told to, of what JSON and SQL both escape. */
export const bulky = defineTask({
  name: 'test.bulky',
  input: z.strictObject({ pairs: z.int(), together: z.int() }),
  handler: async ({ pairs, together }, { signal }) => {
    bulkyCount += 1
    while (bulkyCount < together) await delay(20, undefined, { signal })
    return '"\\'.repeat(pairs)
  },
})
let bulkyCount = 0

/** Fails in every way that JavaScript knows. */
export const throwing = defineTask({
  name: 'test.throwing',
  input: z.strictObject({ how: z.enum(['sync', 'async', 'string', 'undefined', 'permanent', 'nul']) }),
  retry: quick,
  // oxlint-disable-next-line typescript/promise-function-async -- it is to throw before there is a promise
  handler: ({ how }) => {
    if (how === 'sync') throw new RangeError('thrown at once')
    if (how === 'permanent') throw new PermanentError('no attempt can help')
    if (how === 'nul') throw new Error('a\u0000b')
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- that is the case
    return Promise.reject(
      how === 'async' ? new TypeError('thrown later') : how === 'string' ? 'only text' : undefined,
    )
  },
})

/** Fails until the attempt that is named. */
export const lateSuccess = defineTask({
  name: 'test.late-success',
  input: z.strictObject({ succeedsAt: z.int() }),
  retry: quick,
  handler: ({ succeedsAt }, { attempt }) => {
    if (attempt < succeedsAt) throw new Error(`attempt ${attempt} fails`)
    return { attempt }
  },
})

/** Asks to run later until the attempt that is named. */
export const patient = defineTask({
  name: 'test.patient',
  input: z.strictObject({ delayMs: z.number(), until: z.int() }),
  handler: ({ delayMs, until }, { attempt }) => {
    if (attempt < until) throw new RunLater(delayMs, 'the other side is closed')
    return { attempt }
  },
})

/** Sleeps, and notes in a file when it begins, when it is told to stop, and when it ends. */
export const sleeping = defineTask({
  name: 'test.sleeping',
  input: z.strictObject({
    durationMs: z.number(),
    log: z.string(),
    ignoresSignal: z.boolean().default(false),
  }),
  handler: async ({ durationMs, log, ignoresSignal }, { taskId, attempt, signal }) => {
    const note = (what: string): Promise<void> =>
      appendFile(log, `${JSON.stringify({ what, taskId, attempt })}\n`)
    // The name of the reason tells a timeout from a cancellation. Listened for first: a file can take longer than a timeout.
    signal.addEventListener('abort', () => void note(`aborted: ${(signal.reason as Error).name}`))
    await note('began')
    await delay(durationMs, undefined, ignoresSignal ? {} : { signal })
    await note('ended')
    return { attempt }
  },
})

/** Reports progress, good and bad. */
export const reporting = defineTask({
  name: 'test.reporting',
  input: z.strictObject({}),
  handler: async (_input, context) => {
    context.reportProgress({ done: -1 })
    context.reportProgress({ done: 1, total: 3, note: 'a\u0000b' })
    await delay(400)
    context.reportProgress({ done: 3, total: 3, note: 'all' })
    return null
  },
})

/** Throws outside its own promise. */
export const stray = defineTask({
  name: 'test.stray',
  input: z.strictObject({ how: z.enum(['rejection', 'exception']) }),
  handler: async ({ how }) => {
    if (how === 'rejection') void Promise.reject(new Error('a stray rejection'))
    else setTimeout(() => throwStray(), 50)
    await delay(100)
    return 'unharmed'
  },
})

/** Keeps the event loop from turning. */
export const blocking = defineTask({
  name: 'test.blocking',
  input: z.strictObject({ durationMs: z.number() }),
  handler: ({ durationMs }) => {
    const until = performance.now() + durationMs
    while (performance.now() < until);
    return null
  },
})

function throwStray(): never {
  throw new Error('a stray exception')
}
