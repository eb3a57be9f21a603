import { beforeAll, describe, expect, test } from '@jest/globals'
import { cancelTask } from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID } from '@redrive/shared/task'
import { ERROR_QUEUE, laneQueue } from '@redrive/shared/broker'
import { type SpawnedService, waitFor } from '@redrive/shared/testing'
import { openStage, type Stage } from './stage.ts'
import { SideLog } from './side-log.ts'

let stage: Stage
let worker: SpawnedService

beforeAll(async () => {
  stage = await openStage()
  worker = await stage.startReadyWorker()
}, 60_000)

async function runOnce(type: string, input: unknown) {
  return stage.ended(await stage.submitAndRelease({ type, input }))
}

describe('a handler that returns', () => {
  test('gives its task the result, an attempt, and no ticket anywhere', async () => {
    const task = await runOnce('math.add', { a: '0.1', b: 0.2 })

    expect(task).toMatchObject({
      state: 'succeeded',
      result: { sum: '0.3' },
      attempt: 1,
      charged_attempts: 1,
    })
    expect(await stage.attempts(task.id)).toMatchObject([
      { attempt: 1, outcome: 'succeeded', is_charged: true },
    ])
    expect(await stage.findOpenRow(task.id)).toBeUndefined()
    await stage.waitForReadyMessages(laneQueue('normal'), 0)
  })

  test('nothing has the result null', async () => {
    expect(await runOnce('test.returning', { what: 'nothing' })).toMatchObject({
      state: 'succeeded',
      result: null,
    })
  })

  test.each([
    ['cycle', 'circular'],
    ['bigint', 'BigInt'],
    ['function', 'function'],
    ['nested-function', 'at "run"'],
    ['large', 'at most 262144'],
    ['nul', 'cannot be stored'],
    ['surrogate', 'cannot be stored'],
  ])('a %s fails for good and says so', async (what, words) => {
    const taskId = await stage.submitAndRelease({ type: 'test.returning', input: { what }, maxAttempts: 5 })
    const task = await stage.ended(taskId)

    expect(task).toMatchObject({
      state: 'failed',
      attempt: 1,
      error: { message: expect.stringContaining(words) },
    })
    expect(await stage.deadLetters(taskId)).toMatchObject([{ state: 'carried', reason: 'permanent_error' }])
  })

  test('what the ledger cannot store leaves the tasks that finish with it unharmed', async () => {
    const inputs = Array.from({ length: 40 }, (_, index) => (index === 17 ? 'nul' : 'text'))
    const ids = await stage.submit(inputs.map((what) => ({ type: 'test.returning', input: { what } })))
    await Promise.all(ids.map((id) => stage.release(id)))

    const states = await Promise.all(ids.map(async (id) => (await stage.ended(id)).state))
    expect(states.filter((state) => state === 'succeeded')).toHaveLength(39)
    expect(states[17]).toBe('failed')
  })
})

describe('a handler that throws', () => {
  test.each([
    ['sync', 'RangeError', 'thrown at once'],
    ['async', 'TypeError', 'thrown later'],
    ['string', 'Error', 'only text'],
    ['undefined', 'Error', 'undefined'],
    ['nul', 'Error', 'a\uFFFDb'],
  ])('%s fails its task with that error', async (how, type, message) => {
    const task = await runOnce('test.throwing', { how })

    expect(task).toMatchObject({ state: 'failed', error: { type, message } })
    expect(await stage.deadLetters(task.id)).toMatchObject([
      { reason: 'attempts_exhausted', state: 'carried' },
    ])
  })

  test('is retried under the next number while attempts are left, and succeeds', async () => {
    const taskId = await stage.submitAndRelease({
      type: 'test.late-success',
      input: { succeedsAt: 3 },
      maxAttempts: 3,
    })
    await stage.returned(taskId, 2)
    await stage.release(taskId)
    await stage.returned(taskId, 3)
    await stage.release(taskId)

    expect(await stage.ended(taskId)).toMatchObject({
      state: 'succeeded',
      result: { attempt: 3 },
      charged_attempts: 3,
    })
    const outcomes = (await stage.attempts(taskId)).map(({ outcome, is_charged }) => [outcome, is_charged])
    expect(outcomes).toEqual([
      ['failed', true],
      ['failed', true],
      ['succeeded', true],
    ])
  })

  test('a permanent error is not retried', async () => {
    const taskId = await stage.submitAndRelease({
      type: 'test.throwing',
      input: { how: 'permanent' },
      maxAttempts: 5,
    })

    expect(await stage.ended(taskId)).toMatchObject({ state: 'failed', attempt: 1 })
    expect(await stage.deadLetters(taskId)).toMatchObject([{ reason: 'permanent_error' }])
  })

  test('for good sends its ticket to the error queue', async () => {
    const before = await stage.ready(ERROR_QUEUE)
    await runOnce('test.throwing', { how: 'sync' })

    await stage.waitForReadyMessages(ERROR_QUEUE, before + 1)
  })

  test('RunLater runs again later without a charge', async () => {
    const taskId = await stage.submitAndRelease({ type: 'test.patient', input: { delayMs: 0, until: 2 } })
    const open = await stage.returned(taskId, 2)
    expect(open).toMatchObject({ charged_attempts: 0, return_reason: 'the other side is closed' })
    await waitFor(() => Date.now() > open.due_at.getTime(), 'the task to be due')
    await stage.release(taskId)

    expect(await stage.ended(taskId)).toMatchObject({ state: 'succeeded', attempt: 2, charged_attempts: 1 })
    expect(await stage.attempts(taskId)).toMatchObject([
      { outcome: 'run_later', is_charged: false },
      { outcome: 'succeeded' },
    ])
  })

  test('an input that only the schema of the worker refuses fails for good and names the field', async () => {
    const taskId = await stage.submitAndRelease({
      type: 'math.add',
      input: { a: 'one', b: 1 },
      maxAttempts: 5,
    })

    expect(await stage.ended(taskId)).toMatchObject({
      error: { message: expect.stringContaining('input.a: expected digits') },
    })
    expect(await stage.deadLetters(taskId)).toMatchObject([{ reason: 'invalid_input' }])
  })

  test('outside its promise is logged, and the task goes on', async () => {
    expect(await runOnce('test.stray', { how: 'rejection' })).toMatchObject({
      state: 'succeeded',
      result: 'unharmed',
    })
    await worker.waitForLog((line) => JSON.stringify(line).includes('a stray rejection'))
  })
})

describe('an attempt', () => {
  test('that outlives its timeout is told to stop and ends as timed out', async () => {
    const log = new SideLog()
    const input = { durationMs: 60_000, log: log.file }
    const taskId = await stage.submitAndRelease({ type: 'test.sleeping', input, timeoutMs: 200 })

    const task = await stage.ended(taskId)
    expect(task).toMatchObject({
      state: 'failed',
      error: { type: 'TimeoutError', cause: { type: 'AbortError' } },
    })
    expect(await stage.deadLetters(taskId)).toMatchObject([{ reason: 'timed_out' }])
    await waitFor(() => log.lines().includes('aborted: TimeoutError'), 'the note of the handler')
  })

  test('whose handler ignores its signal ends five seconds later, and its late return changes nothing', async () => {
    const log = new SideLog()
    const input = { durationMs: 6_500, log: log.file, ignoresSignal: true }
    const taskId = await stage.submitAndRelease({ type: 'test.sleeping', input, timeoutMs: 200 })

    expect(await stage.ended(taskId)).toMatchObject({ state: 'failed', error: { type: 'TimeoutError' } })
    await waitFor(() => log.lines().includes('ended'), 'the handler to return')
    await worker.waitForLog((line) => String(line['message']).includes('its outcome is ignored'))
    expect(await stage.task(taskId)).toMatchObject({ state: 'failed' })
  }, 30_000)

  test('of a cancelled task is told to stop, and its outcome is not the task’s', async () => {
    const log = new SideLog()
    const taskId = await stage.submitAndRelease({
      type: 'test.sleeping',
      input: { durationMs: 60_000, log: log.file },
    })
    await waitFor(() => log.lines().includes('began'), 'the handler to begin')
    const order = { tenantId: DEFAULT_TENANT_ID, id: taskId, auditId: newId(), actor: 'test', reason: null }
    await cancelTask(stage.database.db, order)

    await waitFor(() => log.lines().includes('aborted: AbortError'), 'the handler to be told')
    await worker.waitForLog((line) => line['event'] === 'attempt.taken_away' && line['taskId'] === taskId)
    expect(await stage.task(taskId)).toMatchObject({ state: 'cancelled' })
    await waitFor(async () => (await stage.attempts(taskId))[0]?.note, 'the note of the outcome')
  })

  test('shows its latest progress while it runs and afterwards; bad progress harms nothing', async () => {
    const taskId = await stage.submitAndRelease({ type: 'test.reporting' })
    const seen = await waitFor(async () => (await stage.openRow(taskId)).progress, 'progress')
    expect(seen).toEqual({ done: 1, total: 3, note: 'a\uFFFDb' })

    expect(await stage.ended(taskId)).toMatchObject({
      state: 'succeeded',
      progress: { done: 3, total: 3, note: 'all' },
    })
    await worker.waitForLog((line) => String(line['problem']).includes('"done" must be'))
  })

  test('that blocks the event loop past the lease keeps it', async () => {
    const taskId = await stage.submitAndRelease({ type: 'test.blocking', input: { durationMs: 4_500 } })
    const { worker_id } = await stage.running(taskId)
    const lease = async () =>
      stage.database.db
        .selectFrom('workers')
        .select('lease_until')
        .where('id', '=', worker_id ?? '')
        .executeTakeFirstOrThrow()
    const { lease_until: before } = await lease()

    await waitFor(
      async () => (await lease()).lease_until.getTime() > before.getTime() + 2_000,
      'two renewals',
    )
    expect(await stage.ended(taskId)).toMatchObject({ state: 'succeeded' })
  }, 30_000)
})
