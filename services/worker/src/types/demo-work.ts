import { setTimeout as sleep } from 'node:timers/promises'
import { defineTask, type HandlerContext } from '@redrive/shared/task'
import { z } from 'zod'

const MAX_DURATION_MS = 3_600_000
/** At most this many progress reports, and none more often than each step of 50 ms. */
const STEPS = 20
const SHORTEST_STEP_MS = 50
/** What a shell reports for a process that aborted. */
const ABORTED = 134

const input = z.strictObject({
  durationMs: z.int().min(0).max(MAX_DURATION_MS).default(100).describe('How long it sleeps.'),
  failureRate: z.number().min(0).max(1).default(0).describe('The share of attempts that fail.'),
  crash: z
    .union([z.boolean(), z.literal('exit')])
    .default(false)
    .describe('Kills the whole worker process: true aborts it, "exit" ends it with a status.'),
})

/** Work that does nothing but take time, report progress, and fail or crash on request: for demonstrations and tests. */
export const demoWork = defineTask({
  name: 'demo.work',
  input,
  timeoutMs: MAX_DURATION_MS + 60_000,
  expectedDurationMs: 100,
  handler: async ({ durationMs, failureRate, crash }, context) => {
    await sleepInSteps(durationMs, context)
    if (crash === 'exit') process.exit(ABORTED)
    if (crash) process.abort()
    if (Math.random() < failureRate) {
      throw new Error(`demo.work fails on request at a rate of ${failureRate}`)
    }
    return { sleptMs: durationMs, attempt: context.attempt }
  },
})

async function sleepInSteps(durationMs: number, context: HandlerContext): Promise<void> {
  const stepMs = Math.max(SHORTEST_STEP_MS, Math.ceil(durationMs / STEPS))
  for (let done = 0; done < durationMs;) {
    const untilMs = Math.min(durationMs, done + stepMs)
    await sleep(untilMs - done, undefined, { signal: context.signal })
    done = untilMs
    context.reportProgress({ done, total: durationMs })
  }
}
