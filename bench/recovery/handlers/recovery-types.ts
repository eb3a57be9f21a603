import { access, appendFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { defineTask, type HandlerContext } from '@redrive/worker'
import { z } from 'zod'

const input = z.strictObject({ sideLog: z.string() })

async function note(sideLog: string, { taskId, attempt }: HandlerContext): Promise<void> {
  await appendFile(sideLog, `${JSON.stringify({ taskId, attempt, pid: process.pid, at: Date.now() })}\n`)
}

/** Says that it runs, and returns. */
export const quick = defineTask({
  name: 'bench.quick',
  input,
  handler: ({ sideLog }, context) => note(sideLog, context),
})

/** Says that it runs, and returns when the file `<sideLog>.go` exists. */
export const held = defineTask({
  name: 'bench.held',
  input,
  handler: async ({ sideLog }, context) => {
    await note(sideLog, context)
    while (!(await exists(`${sideLog}.go`))) await delay(50, undefined, { signal: context.signal })
  },
})

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
