import { appendFile, access } from 'node:fs/promises'
import { setImmediate as giveWay, setTimeout as delay } from 'node:timers/promises'
import { defineTask, type HandlerContext, PermanentError } from '@redrive/worker'
import { z } from 'zod'

// Each run is written to a file outside the ledger, so that a test can count what really happened.
const input = z.strictObject({ sideLog: z.string() })
const quick = { maxAttempts: 3, baseDelayMs: 50, factor: 1, maxDelayMs: 50 }

interface Run {
  readonly taskId: string
  readonly attempt: number
}

async function note(sideLog: string, { taskId, attempt }: Run): Promise<void> {
  await appendFile(sideLog, `${JSON.stringify({ taskId, attempt })}\n`)
}

export const logged = defineTask({
  name: 'test.logged',
  input,
  handler: async ({ sideLog }, context) => {
    await note(sideLog, context)
    return { attempt: context.attempt }
  },
})

export const failing = defineTask({
  name: 'test.failing',
  input,
  handler: async ({ sideLog }, context) => {
    await note(sideLog, context)
    throw new PermanentError('the receiver is gone for good')
  },
})

export const second = defineTask({
  name: 'test.second',
  input,
  retry: quick,
  handler: async ({ sideLog }, context) => {
    await note(sideLog, context)
    if (context.attempt === 1) throw new Error('only the first attempt fails')
    return { attempt: context.attempt }
  },
})

/** Runs until the file `<sideLog>.go` exists, or its signal is aborted. */
export const held = defineTask({ name: 'test.held', input, handler: hold })

async function hold({ sideLog }: z.output<typeof input>, context: HandlerContext): Promise<object> {
  await note(sideLog, context)
  while (!(await exists(`${sideLog}.go`))) await delay(20, undefined, { signal: context.signal })
  return { attempt: context.attempt }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

/** Takes a moment, whatever happens around it. */
export const innocent = defineTask({
  name: 'test.innocent',
  input,
  handler: async ({ sideLog }, context) => {
    await delay(300)
    await note(sideLog, context)
  },
})

/** Ends the process that runs it, once its neighbours have begun. */
export const poison = defineTask({
  name: 'test.poison',
  input: z.strictObject({ how: z.enum(['exit', 'memory', 'loop', 'abort']) }),
  handler: async ({ how }) => {
    await delay(100)
    process.stdout.write(`about to die by ${how}\n`)
    // oxlint-disable-next-line unicorn/no-process-exit -- that is the case
    if (how === 'exit') process.exit(9)
    if (how === 'abort') process.abort()
    if (how === 'loop') while (true);
    for (const kept: number[][] = []; ; await giveWay()) {
      kept.push(Array.from({ length: 100_000 }, (_, index) => index + 0.5))
    }
  },
})

/** As `test.held`, in a process of its own. */
export const isolated = defineTask({
  name: 'test.isolated',
  input,
  isolation: 'process',
  retry: quick,
  handler: hold,
})
