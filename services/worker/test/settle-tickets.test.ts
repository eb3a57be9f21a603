import { beforeAll, expect, test } from '@jest/globals'
import { ERROR_QUEUE, laneQueue } from '@redrive/shared/broker'
import { newId } from '@redrive/shared/runtime'
import { type SpawnedService, waitFor } from '@redrive/shared/testing'
import { SideLog } from './side-log.ts'
import { openStage, type Stage } from './stage.ts'

let stage: Stage
let worker: SpawnedService
/** Every test leaves what it sent to the error queue there. */
let deadTickets = 0

beforeAll(async () => {
  stage = await openStage()
  worker = await stage.startReadyWorker()
}, 60_000)

async function expectRejected(count: number): Promise<void> {
  deadTickets += count
  await stage.waitForReadyMessages(ERROR_QUEUE, deadTickets)
}

async function expectVoid(taskId: string, reason: string): Promise<void> {
  await worker.waitForLog(
    (line) =>
      line['event'] === 'ticket.void' && line['taskId'] === taskId && String(line['reason']).includes(reason),
  )
  await stage.waitForReadyMessages(laneQueue('normal'), 0)
  expect(await stage.ready(ERROR_QUEUE)).toBe(deadTickets)
}

test('messages that are no tickets go to the error queue, and the worker goes on', async () => {
  await stage.publishRaw('no JSON at all')
  await stage.publishRaw('{"taskId":"not an id","number":1}')
  await stage.publishRaw(`{"taskId":"${newId()}","number":1,"input":{}}`)
  await stage.publishRaw('')

  await expectRejected(4)
  const task = await stage.ended(await stage.submitAndRelease({ type: 'math.add', input: { a: 1, b: 1 } }))
  expect(task.state).toBe('succeeded')
})

test('a ticket of a task that does not exist is rejected as foreign', async () => {
  await stage.publish({ taskId: newId(), number: 1 })

  await expectRejected(1)
})

test('a ticket that comes twice runs its task once', async () => {
  const [taskId = ''] = await stage.submit([{ type: 'test.returning', input: { what: 'text' } }])
  await Promise.all([
    stage.release(taskId),
    stage.publish({ taskId, number: 1 }),
    stage.publish({ taskId, number: 1 }),
  ])

  expect(await stage.ended(taskId)).toMatchObject({ state: 'succeeded', attempt: 1 })
  await stage.waitForReadyMessages(laneQueue('normal'), 0)
  expect(await stage.attempts(taskId)).toHaveLength(1)
})

test('a ticket of a task that has ended is void', async () => {
  const taskId = await stage.submitAndRelease({ type: 'math.add', input: { a: 1, b: 1 } })
  await stage.ended(taskId)
  await stage.publish({ taskId, number: 1 })

  await expectVoid(taskId, 'has ended: succeeded')
})

test('a ticket with an old number is void', async () => {
  const taskId = await stage.submitAndRelease({ type: 'test.patient', input: { delayMs: 60_000, until: 2 } })
  await stage.returned(taskId, 2)
  await stage.publish({ taskId, number: 1 })

  await expectVoid(taskId, 'has the number 2')
})

test('a ticket of a task that is not due is void, and its task stays', async () => {
  const [taskId = ''] = await stage.submit([{ type: 'math.add', input: { a: 1, b: 1 }, delayMs: 60_000 }])
  await stage.release(taskId)

  await expectVoid(taskId, 'not due')
  expect(await stage.openRow(taskId)).toMatchObject({ number: 1, token: null, attempt: 0 })
})

test('a second copy of the ticket of a running task is void, and the task goes on', async () => {
  const log = new SideLog()
  const taskId = await stage.submitAndRelease({
    type: 'test.sleeping',
    input: { durationMs: 800, log: log.file },
  })
  await waitFor(() => log.lines().includes('began'), 'the handler to begin')
  await stage.publish({ taskId, number: 1 })

  await expectVoid(taskId, 'holds the same ticket')
  expect(await stage.ended(taskId)).toMatchObject({ state: 'succeeded', attempt: 1 })
})

test('a ticket of a failed task whose dead letter is still carried is rejected again', async () => {
  const taskId = await stage.submitAndRelease({ type: 'test.throwing', input: { how: 'sync' } })
  await stage.ended(taskId)
  await expectRejected(1)
  await stage.publish({ taskId, number: 1 })

  await expectRejected(1)
  expect(await stage.deadLetters(taskId)).toMatchObject([{ state: 'carried' }])
})

test('a task of a type that nobody here runs is given back with the reason, uncharged', async () => {
  const taskId = await stage.submitAndRelease({ type: 'video.cut' })

  const open = await stage.returned(taskId, 2)
  expect(open).toMatchObject({
    attempt: 0,
    charged_attempts: 0,
    return_reason: expect.stringContaining('video.cut'),
  })
  expect(open.unhandled_since).not.toBeNull()
  expect(open.due_at.getTime()).toBeGreaterThan(Date.now() - 1_000)
  await stage.waitForReadyMessages(laneQueue('normal'), 0)
  expect(await stage.ready(ERROR_QUEUE)).toBe(deadTickets)
})

test('a task that found no handler for fifteen minutes fails, with its ticket in the error queue', async () => {
  const [taskId = ''] = await stage.submit([{ type: 'video.cut' }])
  const longAgo = new Date(Date.now() - 901_000)
  await stage.database.db
    .updateTable('open_tasks')
    .set({ unhandled_since: longAgo })
    .where('task_id', '=', taskId)
    .execute()
  await stage.release(taskId)

  expect(await stage.ended(taskId)).toMatchObject({
    state: 'failed',
    attempt: 0,
    error: { type: 'NoHandlerError' },
  })
  expect(await stage.deadLetters(taskId)).toMatchObject([
    { reason: 'no_handler', state: 'carried', number: 1 },
  ])
  await expectRejected(1)
})

test('a ticket ahead of the ledger sends its task again under a number above both', async () => {
  const [taskId = ''] = await stage.submit([{ type: 'math.add', input: { a: 1, b: 1 } }])
  await stage.publish({ taskId, number: 7 })

  expect((await stage.returned(taskId, 8)).return_reason).toContain('the ledger went back in time')
  await stage.release(taskId)
  expect(await stage.ended(taskId)).toMatchObject({ state: 'succeeded' })
})

test('every lane of the worker is served while another is full', async () => {
  const many = await stage.submit(
    Array.from({ length: 300 }, () => ({
      type: 'test.returning',
      input: { what: 'text' },
      lane: 'low' as const,
    })),
  )
  await Promise.all(many.map((id) => stage.release(id)))
  const high = await stage.submitAndRelease({ type: 'test.returning', input: { what: 'text' }, lane: 'high' })

  expect(await stage.ended(high)).toMatchObject({ state: 'succeeded' })
  await Promise.all(many.map((id) => stage.ended(id)))
}, 30_000)

test('what the worker does is measured', async () => {
  const { operationsUrl } = await worker.waitForReady()
  const text = await (await fetch(`${operationsUrl}/metrics`)).text()

  expect(text).toMatch(/redrive_worker_slots\{[^}]*\} 100/)
  expect(text).toMatch(/redrive_claims_total\{result="claimed"[^}]*\} \d+/)
  expect(text).toMatch(/redrive_attempts_total\{outcome="succeeded",type="math.add"[^}]*\} \d+/)
  expect(text).toMatch(/redrive_held_tickets\{state="waiting"[^}]*\} 0/)
  expect(text).toMatch(/redrive_database_pool\{state="idle"[^}]*\} \d+/)
})
