import { appendFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { defineTask, type HandlerContext, PermanentError, RunLater } from '@redrive/worker'
import { z } from 'zod'

const input = z.strictObject({
  does: z.enum(['answer', 'exit', 'grow', 'later', 'loop', 'permanent', 'sleep', 'stray', 'throw']),
  log: z.string(),
  durationMs: z.number().default(0),
})

/** Notes its process, and does what it was told to. */
async function act({ does, log, durationMs }: z.output<typeof input>, context: HandlerContext) {
  const { signal, attempt } = context
  // At once, because its process ends as soon as it has answered.
  const note = (what: string): void => appendFileSync(log, `${JSON.stringify({ what })}\n`)
  signal.addEventListener('abort', () => note(`aborted: ${(signal.reason as Error).name}`))
  note(`pid ${process.pid}`)
  note('began')
  process.stderr.write('the last \u0000 words\n')
  context.logger.info({ does }, 'A handler speaks.')
  context.reportProgress({ done: 1, total: 2 })
  await ACTS[does](durationMs, signal)
  note('ended')
  return { attempt, pid: process.pid }
}

const ACTS: Record<
  z.output<typeof input>['does'],
  (durationMs: number, signal: AbortSignal) => Promise<void> | void
> = {
  answer: () => {},
  // oxlint-disable-next-line unicorn/no-process-exit -- that is the case
  exit: () => process.exit(7),
  grow: async () => {
    for (const kept: Buffer[] = []; ; await delay(20)) kept.push(Buffer.alloc(8_000_000, 1))
  },
  later: () => {
    throw new RunLater(60_000, 'the other side is closed')
  },
  loop: () => {
    while (true);
  },
  permanent: () => {
    throw new PermanentError('no attempt can help')
  },
  sleep: (durationMs, signal) => delay(durationMs, undefined, { signal }),
  stray: async () => {
    // oxlint-disable-next-line unicorn/no-process-exit -- that is the case
    setTimeout(() => process.exit(7), 20)
    await delay(5_000)
  },
  throw: () => {
    throw new RangeError('thrown in a process of its own')
  },
}

const retry = { maxAttempts: 2, baseDelayMs: 60_000, factor: 1, maxDelayMs: 60_000 }

export const lone = defineTask({
  name: 'test.lone',
  input,
  retry,
  isolation: 'process',
  memoryLimitMb: 256,
  handler: act,
})

/** The same beside others in the worker, unless its task is suspected. */
export const shared = defineTask({ name: 'test.shared', input, retry, handler: act })
