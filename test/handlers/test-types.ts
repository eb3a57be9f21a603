import { appendFile, access } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { defineTask, PermanentError } from '@redrive/worker'
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
export const held = defineTask({
  name: 'test.held',
  input,
  handler: async ({ sideLog }, context) => {
    await note(sideLog, context)
    while (!(await exists(`${sideLog}.go`))) await delay(20, undefined, { signal: context.signal })
    return { attempt: context.attempt }
  },
})

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
