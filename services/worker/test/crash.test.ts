import { beforeAll, describe, expect, test } from '@jest/globals'
import { ERROR_QUEUE, laneQueue } from '@redrive/shared/broker'
import { type SpawnedService, waitFor } from '@redrive/shared/testing'
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

const UNCLAIMED = { state: null, number: 1, isRunning: false }
const RUNNING = { state: null, number: 1, isRunning: true }
const GIVEN_BACK = { state: null, number: 2, isRunning: false }
const SUCCEEDED = { state: 'succeeded', isRunning: false }
const FAILED = { state: 'failed', isRunning: false }

describe('a worker that is killed', () => {
  // Only a task that was never claimed may run at once; the others are for rescue or release, or have ended.
  test.each([
    { point: 'claim.received', submission: succeeding, left: UNCLAIMED, afterwards: 'succeeded' },
    { point: 'claim.committed', submission: succeeding, left: RUNNING, afterwards: null },
    { point: 'run.in_handler', submission: succeeding, left: RUNNING, afterwards: null },
    { point: 'finish.before_commit', submission: succeeding, left: RUNNING, afterwards: null },
    { point: 'finish.committed', submission: succeeding, left: SUCCEEDED, afterwards: 'succeeded' },
    { point: 'retry.committed', submission: retrying, left: GIVEN_BACK, afterwards: null },
    { point: 'return.committed', submission: later, left: GIVEN_BACK, afterwards: null },
    { point: 'fail.before_commit', submission: failing, left: RUNNING, afterwards: null },
    { point: 'fail.committed', submission: failing, left: FAILED, afterwards: 'failed' },
    { point: 'fail.rejected', submission: failing, left: FAILED, afterwards: 'failed' },
  ])(
    'at $point leaves what is written there, and the next worker makes of its ticket what it should',
    async (row) => {
      const { taskId, ...found } = await crashAt(row.point, row.submission)
      expect(found).toMatchObject(row.left)

      const next = await stage.startReadyWorker()
      await waitFor(
        async () => (await stage.task(taskId)).state === row.afterwards,
        `the state ${row.afterwards}`,
      )
      await stage.waitForReadyMessages(laneQueue('normal'), 0)
      await next.stop()
      await stage.waitForReadyMessages(laneQueue('normal'), 0)
      const states = (await stage.deadLetters(taskId)).map(({ state }) => state)
      expect(states).toEqual(row.afterwards === 'failed' ? ['carried'] : [])
    },
  )

  test('at a failure has the tickets of its failed tasks in the error queue in the end', async () => {
    await stage.waitForReadyMessages(ERROR_QUEUE, 2)
  })
})
