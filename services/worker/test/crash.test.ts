import { beforeAll, describe, expect, test } from '@jest/globals'
import { laneQueue } from '@redrive/shared/broker'
import type { SpawnedService } from '@redrive/shared/testing'
import { openStage, type Stage, type Submission } from './stage.ts'

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
}, 60_000)

const succeeding: Submission = { type: 'math.add', input: { a: 1, b: 1 } }
const failing: Submission = { type: 'test.throwing', input: { how: 'permanent' } }
const retrying: Submission = { type: 'test.late-success', input: { succeedsAt: 2 }, maxAttempts: 2 }
const later: Submission = { type: 'test.patient', input: { delayMs: 0, until: 2 } }

/** What the ledger says after the crash, and where the ticket is once the broker has taken it back. */
async function crashAt(point: string, submission: Submission) {
  const worker: SpawnedService = await stage.startReadyWorker({ CRASH_AT: point })
  const taskId = await stage.submitAndRelease(submission)
  expect(await worker.exited).toEqual({ code: null, signal: 'SIGKILL' })
  const open = await stage.findOpenRow(taskId)
  return {
    taskId,
    state: (await stage.task(taskId)).state,
    number: open?.number,
    isRunning: Boolean(open?.token),
  }
}

describe('a worker that is killed', () => {
  test.each([
    ['claim.received', succeeding, { state: null, number: 1, isRunning: false }],
    ['claim.committed', succeeding, { state: null, number: 1, isRunning: true }],
    ['run.in_handler', succeeding, { state: null, number: 1, isRunning: true }],
    ['finish.before_commit', succeeding, { state: null, number: 1, isRunning: true }],
    ['finish.committed', succeeding, { state: 'succeeded', isRunning: false }],
    ['retry.committed', retrying, { state: null, number: 2, isRunning: false }],
    ['return.committed', later, { state: null, number: 2, isRunning: false }],
    ['fail.before_commit', failing, { state: null, number: 1, isRunning: true }],
    ['fail.committed', failing, { state: 'failed', isRunning: false }],
    ['fail.rejected', failing, { state: 'failed', isRunning: false }],
  ])(
    'at %s leaves what is written there, and the next worker makes of the ticket what it should',
    async (point, submission, left) => {
      const { taskId, ...found } = await crashAt(point, submission)
      expect(found).toMatchObject(left)

      const next = await stage.startReadyWorker()
      await stage.waitForReadyMessages(laneQueue('normal'), 0)
      // Only a task that was never claimed may run now; everything else is for rescue, release, or done.
      if (point === 'claim.received')
        expect(await stage.ended(taskId)).toMatchObject({ state: 'succeeded', attempt: 1 })
      await next.stop()
      await stage.waitForReadyMessages(laneQueue('normal'), 0)
      if (left.state === 'failed')
        expect(await stage.deadLetters(taskId)).toMatchObject([{ state: 'carried' }])
    },
  )

  test('at a failure has the tickets of its failed tasks in the error queue in the end', async () => {
    await stage.waitForReadyMessages('redrive.error', 2)
  })
})
