import { beforeAll, expect, test } from '@jest/globals'
import {
  closeDeadLetter,
  failUnhandled,
  findDeadLetter,
  finishSucceeded,
  keepForeignMessages,
  listAttempts,
  listAuditEntries,
  listDeadLetters,
  openDeadLetters,
  openOverdueDeadLetters,
  redriveDeadLetter,
  returnBystanders,
  returnUnhandled,
} from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID as tenantId } from '@redrive/shared/task'
import { createLedgerFixture, failureOf } from './ledger-fixture.ts'

let ledger: Awaited<ReturnType<typeof createLedgerFixture>>
let workerId: string

beforeAll(async () => {
  ledger = await createLedgerFixture()
  workerId = (await ledger.startWorker()).id
})

async function failedTask(): Promise<{ taskId: string; deadLetterId: string }> {
  const taskId = await ledger.submit()
  return { taskId, deadLetterId: await ledger.fail((await ledger.claim(workerId, taskId))!) }
}

async function openFailedTask() {
  const failed = await failedTask()
  await openDeadLetters(ledger.db, [{ taskId: failed.taskId, number: 1, broker: { reason: 'rejected' } }])
  return failed
}

function redriveOf(deadLetterId: string, input: string | null = null) {
  return {
    tenantId,
    deadLetterId,
    auditId: newId(),
    actor: 'operator',
    reason: 'fixed',
    input,
    lane: null,
    attempts: null,
  }
}

test('the error queue opens a carried dead letter once and adds the evidence', async () => {
  const { taskId, deadLetterId } = await failedTask()
  const carried = [{ taskId, number: 1, broker: { reason: 'rejected', queue: 'redrive.v1.normal' } }]
  expect(await openDeadLetters(ledger.db, carried)).toMatchObject([{ id: deadLetterId, taskId }])
  expect(await openDeadLetters(ledger.db, carried)).toEqual([])
  expect(await findDeadLetter(ledger.db, { tenantId, id: deadLetterId })).toMatchObject({
    state: 'open',
    openedBy: 'recorder',
    broker: { reason: 'rejected' },
    input: { a: 1, b: 2 },
  })
})

test('a redrive gives the task a new life under the next number, with attempts added', async () => {
  const { taskId, deadLetterId } = await openFailedTask()
  expect(await redriveDeadLetter(ledger.db, redriveOf(deadLetterId, '{"a":5,"b":5}'))).toEqual({
    taskId,
    number: 2,
  })
  expect(await ledger.stateOf(taskId)).toBe('waiting')
  const attempt = (await ledger.claim(workerId, taskId, 2))!
  expect(attempt).toMatchObject({
    attempt: 2,
    input: { a: 5, b: 5 },
    maxAttempts: 6,
    chargedAttempts: 1,
    attemptsBeforeLife: 1,
  })
  await finishSucceeded(ledger.db, [{ taskId, token: attempt.token, result: '{"sum":"10"}' }])
  const attempts = await listAttempts(ledger.db, { tenantId, id: taskId })
  expect(attempts.map(({ attempt, number, outcome }) => ({ attempt, number, outcome }))).toEqual([
    { attempt: 1, number: 1, outcome: 'failed' },
    { attempt: 2, number: 2, outcome: 'succeeded' },
  ])
  expect(await findDeadLetter(ledger.db, { tenantId, id: deadLetterId })).toMatchObject({
    state: 'redriven',
    closedBy: 'operator',
    input: { a: 1, b: 2 },
  })
  expect(await listAuditEntries(ledger.db, { tenantId, taskId })).toMatchObject([
    { action: 'dead_letter.redriven', actor: 'operator', reason: 'fixed', details: { edited: true } },
  ])
})

test('of two redrives at once one wins', async () => {
  const { deadLetterId } = await openFailedTask()
  const answers = await Promise.all([
    redriveDeadLetter(ledger.db, redriveOf(deadLetterId)),
    redriveDeadLetter(ledger.db, redriveOf(deadLetterId)),
  ])
  expect(answers.filter((answer) => answer === null)).toHaveLength(1)
})

test('each life keeps its own dead letter and input', async () => {
  const { taskId, deadLetterId } = await openFailedTask()
  await redriveDeadLetter(ledger.db, redriveOf(deadLetterId, '{"a":7,"b":7}'))
  const second = await ledger.fail((await ledger.claim(workerId, taskId, 2))!)
  await openDeadLetters(ledger.db, [{ taskId, number: 2, broker: {} }])
  await redriveDeadLetter(ledger.db, redriveOf(second, '{"a":8,"b":8}'))
  const letters = await listDeadLetters(ledger.db, {
    tenantIds: [tenantId],
    filter: { taskId: { anyOf: [taskId] } },
    limit: 10,
  })
  expect(letters.map((letter) => letter.input)).toEqual([
    { a: 7, b: 7 },
    { a: 1, b: 2 },
  ])
})

test('a carried dead letter is neither redriven nor discarded, an open one is discarded once', async () => {
  const { taskId, deadLetterId } = await failedTask()
  const closing = {
    tenantId,
    deadLetterId,
    auditId: newId(),
    actor: 'operator',
    reason: null,
    state: 'discarded' as const,
  }
  expect(await redriveDeadLetter(ledger.db, redriveOf(deadLetterId))).toBeNull()
  expect(await closeDeadLetter(ledger.db, closing)).toBe(false)
  await openDeadLetters(ledger.db, [{ taskId, number: 1, broker: {} }])
  expect(await closeDeadLetter(ledger.db, closing)).toBe(true)
  expect(await closeDeadLetter(ledger.db, { ...closing, auditId: newId() })).toBe(false)
  expect(await redriveDeadLetter(ledger.db, redriveOf(deadLetterId))).toBeNull()
  expect(await ledger.stateOf(taskId)).toBe('failed')
})

test('a dead letter too long on its way is opened without the broker', async () => {
  const { deadLetterId } = await failedTask()
  const opened = await openOverdueDeadLetters(ledger.db, { olderThanMs: -1_000, limit: 100 })
  expect(opened.map((letter) => letter.id)).toContain(deadLetterId)
  expect(await findDeadLetter(ledger.db, { tenantId, id: deadLetterId })).toMatchObject({
    state: 'open',
    openedBy: 'reconcile',
    broker: null,
  })
})

test('a foreign message is kept once, bytes as they came', async () => {
  const message = {
    id: newId(),
    tenantId,
    digest: newId(),
    reason: 'not_json',
    decision: 'not a ticket',
    lane: 'normal',
    error: { type: 'ForeignMessage', message: 'not JSON' },
    fingerprint: 'f',
    title: 'ForeignMessage: not JSON',
    broker: { queue: 'redrive.v1.normal' },
    raw: Buffer.from([0, 255, 1, 34, 92]),
    rawContentType: null,
  }
  expect((await keepForeignMessages(ledger.db, [message])).size).toBe(1)
  expect((await keepForeignMessages(ledger.db, [{ ...message, id: newId() }])).size).toBe(0)
  expect((await findDeadLetter(ledger.db, { tenantId, id: message.id }))?.raw).toEqual(message.raw)
  const foreign = await listDeadLetters(ledger.db, {
    tenantIds: [tenantId],
    filter: { foreign: true },
    limit: 10,
  })
  expect(foreign.map((letter) => letter.id)).toEqual([message.id])
})

test('a bystander goes back uncharged above its ticket, a running task is left alone', async () => {
  const bystander = await ledger.submit()
  const running = await ledger.submit()
  await ledger.claim(workerId, running)
  const tickets = [bystander, running].map((taskId) => ({ taskId, number: 1, reason: 'delivery limit' }))
  expect(await returnBystanders(ledger.db, tickets)).toEqual(new Set([bystander]))
  expect(await ledger.openRow(bystander)).toMatchObject({
    number: 2,
    charged_attempts: 0,
    return_reason: 'delivery limit',
  })
  expect(await returnBystanders(ledger.db, [{ taskId: bystander, number: 9, reason: 'ahead' }])).toEqual(
    new Set([bystander]),
  )
  expect(await ledger.openRow(bystander)).toMatchObject({ number: 10 })
})

test('a task that no worker knows goes back, remembers since when, and can fail without an attempt', async () => {
  const taskId = await ledger.submit({ type: 'unknown.type' })
  expect(
    await returnUnhandled(ledger.db, [{ taskId, number: 1 }], { delayMs: 0, reason: 'no handler' }),
  ).toEqual(new Set([taskId]))
  const since = (await ledger.openRow(taskId))!.unhandled_since
  await returnUnhandled(ledger.db, [{ taskId, number: 2 }], { delayMs: 0, reason: 'no handler' })
  expect(await ledger.openRow(taskId)).toMatchObject({ number: 3, unhandled_since: since })
  const failure = {
    ...failureOf({ taskId, token: newId() } as never, { reason: 'no_handler', isCharged: false }),
    number: 3,
  }
  expect(await failUnhandled(ledger.db, [failure])).toEqual(new Set([taskId]))
  expect(await ledger.stateOf(taskId)).toBe('failed')
  expect(await listAttempts(ledger.db, { tenantId, id: taskId })).toEqual([])
})
