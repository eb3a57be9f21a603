import { beforeAll, describe, expect, test } from '@jest/globals'
import {
  cancelTask,
  claimTickets,
  findFinishedTokens,
  findSubmission,
  findTakenAway,
  findTask,
  finishFailed,
  finishSucceeded,
  isDataError,
  listAttempts,
  listTasks,
  markConfirmed,
  noteLateOutcome,
  readStandings,
  rescheduleAttempts,
  reportProgress,
  submitTasks,
  submitTasksWithKey,
} from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID as tenantId, standingKey } from '@redrive/shared/task'
import { createLedgerFixture, failureOf, newTask } from './ledger-fixture.ts'

let ledger: Awaited<ReturnType<typeof createLedgerFixture>>
let worker: { id: string }

beforeAll(async () => {
  ledger = await createLedgerFixture()
  worker = await ledger.startWorker()
})

describe('submission', () => {
  test('an accepted task is waiting, with one open row numbered one', async () => {
    const id = await ledger.submit()
    expect(await ledger.stateOf(id)).toBe('waiting')
    expect(await ledger.openRow(id)).toMatchObject({ number: 1, attempt: 0, token: null })
  })

  test('a task due later is scheduled', async () => {
    const id = await ledger.submit({ delayMs: 60_000 })
    expect(await ledger.stateOf(id)).toBe('scheduled')
  })

  test('the same submission sent again returns the same task and opens nothing', async () => {
    const task = newTask({ tags: ['red', 'blue "quoted"'] })
    const first = await submitTasks(ledger.db, [task])
    const attempt = await ledger.claim(worker.id, task.id)
    await finishSucceeded(ledger.db, [{ taskId: task.id, token: attempt!.token, result: '1' }])
    expect(await submitTasks(ledger.db, [task])).toEqual(first)
    expect(await ledger.openRow(task.id)).toBeUndefined()
    expect(await findTask(ledger.db, { tenantId, id: task.id })).toMatchObject({
      state: 'succeeded',
      tags: ['red', 'blue "quoted"'],
    })
  })

  test('of two submissions under one key at once, one is accepted and the other finds it', async () => {
    const key = { tenantId, route: 'POST /tasks', key: newId(), bodyHash: Buffer.from('hash') }
    const submissions = [newTask(), newTask()].map((task) => submitTasksWithKey(ledger.db, [task], key))
    const answers = await Promise.all(submissions)
    expect(answers.filter((answer) => answer === null)).toHaveLength(1)
    const accepted = answers.find((answer) => answer !== null)
    expect((await findSubmission(ledger.db, key))?.tasks).toEqual(accepted)
  })

  test('a value that the ledger cannot store is an error of the data, and nothing of its batch is stored', async () => {
    const good = newTask()
    const bad = newTask({ input: '{"text":"\\u0000"}' })
    const error: unknown = await submitTasks(ledger.db, [good, bad]).catch((thrown: unknown) => thrown)
    expect(isDataError(error)).toBe(true)
    expect(await ledger.stateOf(good.id)).toBeUndefined()
  })
})

describe('claim', () => {
  test('the same claim sent again returns the same attempt', async () => {
    const taskId = await ledger.submit()
    const claim = {
      workerId: worker.id,
      types: ['math.add'],
      tickets: [{ taskId, number: 1, token: crypto.randomUUID() }],
    }
    const first = await claimTickets(ledger.db, claim)
    const { lifeAgeMs: _older, ...attempt } = first[0]!
    expect(await claimTickets(ledger.db, claim)).toMatchObject([attempt])
    expect(first[0]).toMatchObject({ attempt: 1, input: { a: 1, b: 2 } })
  })

  test('of many claims at once exactly one starts an attempt', async () => {
    const taskId = await ledger.submit()
    const claims = await Promise.all(Array.from({ length: 8 }, () => ledger.claim(worker.id, taskId)))
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1)
    expect(await ledger.openRow(taskId)).toMatchObject({ attempt: 1 })
  })

  test('an old number, a task not due, an unknown type and a worker without a lease claim nothing', async () => {
    const late = await ledger.submit({ delayMs: 60_000 })
    const other = await ledger.submit({ type: 'other.type' })
    const plain = await ledger.submit()
    const dead = await ledger.startWorker(-1)
    expect(await ledger.claim(worker.id, late)).toBeUndefined()
    expect(await ledger.claim(worker.id, other)).toBeUndefined()
    expect(await ledger.claim(worker.id, plain, 2)).toBeUndefined()
    expect(await ledger.claim(dead.id, plain)).toBeUndefined()
  })

  test('a confirmed ticket is queued, and a mark that comes after the claim changes nothing', async () => {
    const taskId = await ledger.submit({ takenForMs: 5_000 })
    expect(await markConfirmed(ledger.db, [{ taskId, number: 1 }])).toBe(1)
    expect(await ledger.stateOf(taskId)).toBe('queued')
    await ledger.claim(worker.id, taskId)
    expect(await markConfirmed(ledger.db, [{ taskId, number: 1 }])).toBe(0)
    expect(await ledger.stateOf(taskId)).toBe('running')
  })
})

describe('endings', () => {
  test('a success ends the task once, with its result and its attempt', async () => {
    const taskId = await ledger.submit()
    const { token } = (await ledger.claim(worker.id, taskId))!
    await reportProgress(ledger.db, [{ taskId, token, progress: { done: 1, total: 2 } }])
    const success = { taskId, token, result: '{"sum":"3"}' }
    expect([...(await finishSucceeded(ledger.db, [success]))]).toEqual([token])
    expect([...(await finishSucceeded(ledger.db, [success]))]).toEqual([])
    expect(await findFinishedTokens(ledger.db, [{ taskId, attempt: 1, token }])).toEqual(
      new Map([[token, 'succeeded']]),
    )
    expect(await findTask(ledger.db, { tenantId, id: taskId })).toMatchObject({
      state: 'succeeded',
      result: { sum: '3' },
      attempt: 1,
      progress: { done: 1, total: 2 },
    })
    expect(await listAttempts(ledger.db, { tenantId, id: taskId })).toMatchObject([
      { attempt: 1, outcome: 'succeeded', isCharged: true, host: 'test' },
    ])
  })

  test('an attempt that was taken away ends nothing, and its outcome stays as a note', async () => {
    const taskId = await ledger.submit()
    const { token } = (await ledger.claim(worker.id, taskId))!
    const cancellation = { tenantId, id: taskId, auditId: newId(), actor: 'test', reason: null }
    expect(await cancelTask(ledger.db, cancellation)).toBeNull()
    expect(await findTakenAway(ledger.db, [{ taskId, token }])).toEqual([token])
    expect((await finishSucceeded(ledger.db, [{ taskId, token, result: '1' }])).size).toBe(0)
    await noteLateOutcome(ledger.db, { taskId, token, note: { outcome: 'succeeded' } })
    expect(await findTask(ledger.db, { tenantId, id: taskId })).toMatchObject({
      state: 'cancelled',
      result: null,
    })
    expect(await listAttempts(ledger.db, { tenantId, id: taskId })).toMatchObject([
      { outcome: 'cancelled', note: { outcome: 'succeeded' } },
    ])
  })

  test('a failure ends the task with a dead letter that is carried under the number of the ticket', async () => {
    const taskId = await ledger.submit()
    const attempt = (await ledger.claim(worker.id, taskId))!
    const failure = failureOf(attempt)
    expect(await finishFailed(ledger.db, [failure])).toEqual(new Set([taskId]))
    expect(await finishFailed(ledger.db, [failure])).toEqual(new Set())
    const standing = (await readStandings(ledger.db, [{ taskId, number: 1 }])).get(
      standingKey({ taskId, number: 1 }),
    )
    expect(standing).toMatchObject({ ended: 'failed', number: 1, deadLetter: 'carried' })
    const failed = await listTasks(ledger.db, {
      tenantIds: [tenantId],
      filter: { state: { anyOf: ['failed'] } },
      limit: 10,
    })
    expect(failed.map((task) => task.id)).toContain(taskId)
  })

  test('a retry is charged, takes the next number and waits for its time', async () => {
    const taskId = await ledger.submit()
    const { token } = (await ledger.claim(worker.id, taskId))!
    const error = { type: 'Error', message: 'again' }
    const retry = {
      taskId,
      token,
      outcome: 'failed' as const,
      isCharged: true,
      delayMs: 60_000,
      error,
      decision: 'again',
    }
    expect(await rescheduleAttempts(ledger.db, [retry])).toEqual(new Set([token]))
    expect(await rescheduleAttempts(ledger.db, [retry])).toEqual(new Set())
    expect(await ledger.stateOf(taskId)).toBe('retrying')
    expect(await ledger.openRow(taskId)).toMatchObject({
      number: 2,
      attempt: 1,
      charged_attempts: 1,
      token: null,
    })
  })

  test('work given back is not charged, and the reason is on the task', async () => {
    const taskId = await ledger.submit()
    const { token } = (await ledger.claim(worker.id, taskId))!
    const decision = 'the worker stopped'
    await rescheduleAttempts(ledger.db, [
      { taskId, token, outcome: 'returned', isCharged: false, delayMs: 0, error: null, decision },
    ])
    expect(await ledger.stateOf(taskId)).toBe('waiting')
    expect(await ledger.openRow(taskId)).toMatchObject({
      number: 2,
      charged_attempts: 0,
      return_reason: decision,
    })
  })

  test('an ended task is not cancelled, and its state is told', async () => {
    const taskId = await ledger.submit()
    await ledger.fail((await ledger.claim(worker.id, taskId))!)
    const cancellation = { tenantId, id: taskId, auditId: newId(), actor: 'test', reason: null }
    expect(await cancelTask(ledger.db, cancellation)).toBe('failed')
    expect(await cancelTask(ledger.db, { ...cancellation, id: newId() })).toBeUndefined()
  })

  test('another tenant neither sees nor cancels a task', async () => {
    const id = await ledger.submit()
    expect(await findTask(ledger.db, { tenantId: newId(), id })).toBeNull()
    const cancellation = { tenantId: newId(), id, auditId: newId(), actor: 'test', reason: null }
    expect(await cancelTask(ledger.db, cancellation)).toBeUndefined()
    expect(await ledger.stateOf(id)).toBe('waiting')
  })
})

describe('lists', () => {
  test('each state lists exactly its tasks', async () => {
    const fresh = await createLedgerFixture()
    const { id: workerId } = await fresh.startWorker()
    const ids: Record<string, string> = {
      waiting: await fresh.submit(),
      scheduled: await fresh.submit({ delayMs: 60_000 }),
      queued: await fresh.submit(),
      running: await fresh.submit(),
      retrying: await fresh.submit(),
      succeeded: await fresh.submit(),
      failed: await fresh.submit(),
      cancelled: await fresh.submit(),
    }
    await markConfirmed(fresh.db, [{ taskId: ids['queued']!, number: 1 }])
    await fresh.claim(workerId, ids['running']!)
    const retrying = (await fresh.claim(workerId, ids['retrying']!))!
    await rescheduleAttempts(fresh.db, [
      {
        taskId: retrying.taskId,
        token: retrying.token,
        outcome: 'failed',
        isCharged: true,
        delayMs: 60_000,
        error: null,
        decision: '',
      },
    ])
    const succeeded = (await fresh.claim(workerId, ids['succeeded']!))!
    await finishSucceeded(fresh.db, [{ taskId: succeeded.taskId, token: succeeded.token, result: 'null' }])
    await fresh.fail((await fresh.claim(workerId, ids['failed']!))!)
    await cancelTask(fresh.db, {
      tenantId,
      id: ids['cancelled']!,
      auditId: newId(),
      actor: 'test',
      reason: null,
    })
    for (const [state, id] of Object.entries(ids)) {
      const listed = await listTasks(fresh.db, {
        tenantIds: [tenantId],
        filter: { state: { anyOf: [state as 'waiting'] } },
        limit: 10,
      })
      expect(listed.map((task) => [task.id, task.state])).toEqual([[id, state]])
    }
    expect(await listTasks(fresh.db, { tenantIds: [tenantId], filter: {}, limit: 100 })).toHaveLength(8)
  })

  test('pages go from the newest to the oldest and miss nothing', async () => {
    const fresh = await createLedgerFixture()
    const ids = []
    for (let made = 0; made < 7; made += 1)
      ids.push(await fresh.submit({ tags: made % 2 === 0 ? ['even'] : [] }))
    const first = await listTasks(fresh.db, { tenantIds: [tenantId], filter: {}, limit: 4 })
    const second = await listTasks(fresh.db, {
      tenantIds: [tenantId],
      filter: {},
      limit: 4,
      beforeId: first[3]!.id,
    })
    expect([...first, ...second].map((task) => task.id)).toEqual(ids.toReversed())
    expect(
      await listTasks(fresh.db, { tenantIds: [tenantId], filter: { tag: { anyOf: ['even'] } }, limit: 10 }),
    ).toHaveLength(4)
  })
})
