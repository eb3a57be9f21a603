import { appendFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { defineTask, type HandlerContext, PermanentError } from '@redrive/worker'
import { z } from 'zod'

// Each run leaves a line at its begin and one at its end in a file outside the ledger.
const base = z.strictObject({ sideLog: z.string(), op: z.string() })
const quick = { maxAttempts: 4, baseDelayMs: 200, factor: 1, maxDelayMs: 200 }

type What = 'began' | 'ended' | 'threw'

/** One write of less than a page to a file opened for appending: whole lines, also from several processes. */
function note(sideLog: string, what: What, { taskId, attempt }: HandlerContext): void {
  appendFileSync(sideLog, `${JSON.stringify({ what, taskId, attempt, pid: process.pid, at: Date.now() })}\n`)
}

export const fast = defineTask({
  name: 'torture.fast',
  input: base,
  handler: ({ sideLog, op }, context) => {
    note(sideLog, 'began', context)
    note(sideLog, 'ended', context)
    return { op }
  },
})

export const slow = defineTask({
  name: 'torture.slow',
  input: base.extend({ durationMs: z.int().min(0) }),
  handler: async ({ sideLog, op, durationMs }, context) => {
    note(sideLog, 'began', context)
    await delay(durationMs, undefined, { signal: context.signal })
    note(sideLog, 'ended', context)
    return { op }
  },
})

export const retried = defineTask({
  name: 'torture.retried',
  input: base,
  retry: quick,
  handler: ({ sideLog, op }, context) => {
    note(sideLog, 'began', context)
    if (context.attempt === 1) {
      note(sideLog, 'threw', context)
      throw new Error('the first attempt fails')
    }
    note(sideLog, 'ended', context)
    return { op }
  },
})

export const broken = defineTask({
  name: 'torture.broken',
  input: base,
  handler: ({ sideLog }, context) => {
    note(sideLog, 'began', context)
    note(sideLog, 'threw', context)
    throw new PermanentError('nothing would change by trying again')
  },
})

/** Fails for good in the first life, and succeeds after a redrive, whose attempts are numbered on. */
export const mended = defineTask({
  name: 'torture.mended',
  input: base,
  retry: { ...quick, maxAttempts: 1 },
  handler: ({ sideLog, op }, context) => {
    note(sideLog, 'began', context)
    if (context.attempt === 1) {
      note(sideLog, 'threw', context)
      throw new PermanentError('the receiver is away')
    }
    note(sideLog, 'ended', context)
    return { op }
  },
})

/** Ends the process that runs it. */
export const crashing = defineTask({
  name: 'torture.crashing',
  input: base,
  handler: ({ sideLog }, context) => {
    note(sideLog, 'began', context)
    process.kill(process.pid, 'SIGKILL')
    return new Promise(() => {})
  },
})

/** Keeps its worker's event loop from everything for a while. */
export const stalling = defineTask({
  name: 'torture.stalling',
  input: base.extend({ durationMs: z.int().min(0) }),
  handler: ({ sideLog, op, durationMs }, context) => {
    note(sideLog, 'began', context)
    for (const until = performance.now() + durationMs; performance.now() < until;);
    note(sideLog, 'ended', context)
    return { op }
  },
})
