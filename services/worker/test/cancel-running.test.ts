import { beforeAll, expect, test } from '@jest/globals'
import { cancelTask } from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID } from '@redrive/shared/task'
import { waitFor } from '@redrive/shared/testing'
import { SideLog } from './side-log.ts'
import { openStage, type Stage } from './stage.ts'

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
}, 60_000)

async function startSleeping(type: string): Promise<{ readonly taskId: string; readonly log: SideLog }> {
  const log = new SideLog()
  const input = { does: 'sleep', log: log.file, durationMs: 600_000 }
  return { taskId: await stage.submitAndRelease({ type, input }), log }
}

test('among hundreds of running attempts, those whose task is cancelled hear of it, wherever they run, and no other', async () => {
  const worker = await stage.startReadyWorker({ WORKER_CONCURRENCY: '300' })
  const others = await Promise.all(Array.from({ length: 250 }, () => startSleeping('test.shared')))
  const cancelled = await Promise.all([startSleeping('test.shared'), startSleeping('test.lone')])
  const all = [...others, ...cancelled]
  await waitFor(() => all.every(({ log }) => log.lines().includes('began')), 'every handler to begin')

  for (const { taskId: id } of cancelled) {
    const cancellation = { tenantId: DEFAULT_TENANT_ID, id, auditId: newId(), actor: 'test', reason: null }
    await cancelTask(stage.database.db, cancellation)
  }
  // A second on an idle machine: the look every half second, and the statement.
  for (const { log } of cancelled) {
    await waitFor(() => log.lines().includes('aborted: AbortError'), 'the handler to hear of it', {
      deadlineMs: 10_000,
    })
  }
  expect(others.filter(({ log }) => log.lines().some((line) => line.startsWith('aborted')))).toEqual([])
  await worker.kill()
})
