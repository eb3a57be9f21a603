import { beforeAll, expect, test } from '@jest/globals'
import {
  CALLBACK_TAG,
  cancelTask,
  finishFailed,
  finishSucceeded,
  submitWebhook,
} from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID } from '@redrive/shared/task'
import { sql } from 'kysely'
import { createLedgerFixture, failureOf } from './ledger-fixture.ts'

const callbackUrl = 'https://example.com/hooks'

let ledger: Awaited<ReturnType<typeof createLedgerFixture>>
let worker: { readonly id: string }
beforeAll(async () => {
  ledger = await createLedgerFixture()
  worker = await ledger.startWorker()
})

/** The tasks that tell of this one's ending, each with its open row. */
async function callbacksOf(taskId: string) {
  return await ledger.db
    .selectFrom('tasks as t')
    .innerJoin('open_tasks as o', 'o.task_id', 't.id')
    .select(['t.type', 't.tags', 't.input', 't.max_attempts', 'o.due_at'])
    .where(sql<boolean>`t.input @> ${JSON.stringify({ body: { data: { id: taskId } } })}::jsonb`)
    .execute()
}

test('a success is told by a task of its own, with the result', async () => {
  const taskId = await ledger.submit({ callbackUrl })
  const attempt = (await ledger.claim(worker.id, taskId))!
  await finishSucceeded(ledger.db, [{ taskId, token: attempt.token, result: '{"sum":"3"}' }])
  const [callback, ...others] = await callbacksOf(taskId)
  expect(others).toEqual([])
  expect(callback).toMatchObject({
    type: 'http.request',
    tags: [CALLBACK_TAG],
    input: {
      url: callbackUrl,
      sign: true,
      body: {
        type: 'task.succeeded',
        data: { state: 'succeeded', result: { sum: '3' }, error: null, attempt: 1 },
      },
    },
  })
})

test('a failure and a cancellation are told as well, and a task without a callback tells nobody', async () => {
  const failing = await ledger.submit({ callbackUrl })
  await finishFailed(ledger.db, [failureOf((await ledger.claim(worker.id, failing))!)])
  const cancelled = await ledger.submit({ callbackUrl })
  const order = { tenantId: DEFAULT_TENANT_ID, auditId: newId(), actor: 'operator', reason: null }
  await cancelTask(ledger.db, { ...order, id: cancelled })
  const silent = await ledger.submit()
  await cancelTask(ledger.db, { ...order, auditId: newId(), id: silent })
  expect((await callbacksOf(failing))[0]?.input).toMatchObject({
    body: {
      type: 'task.failed',
      data: { state: 'failed', error: { type: 'Error', message: 'it broke' }, result: null },
    },
  })
  expect((await callbacksOf(cancelled))[0]?.input).toMatchObject({
    body: { type: 'task.cancelled', data: { state: 'cancelled' } },
  })
  expect(await callbacksOf(silent)).toEqual([])
})

test('an ending that is written again makes no second callback', async () => {
  const taskId = await ledger.submit({ callbackUrl })
  const attempt = (await ledger.claim(worker.id, taskId))!
  const success = { taskId, token: attempt.token, result: '{}' }
  await finishSucceeded(ledger.db, [success])
  await finishSucceeded(ledger.db, [success])
  expect(await callbacksOf(taskId)).toHaveLength(1)
})

test('a webhook that is submitted twice is one task, with three days of patience', async () => {
  const webhook = { id: newId(), tenantId: DEFAULT_TENANT_ID, url: callbackUrl, tags: ['alert'] }
  await submitWebhook(ledger.db, { ...webhook, body: { type: 'group.opened' } })
  await submitWebhook(ledger.db, { ...webhook, body: { type: 'group.opened' } })
  const task = await ledger.db
    .selectFrom('tasks')
    .selectAll()
    .where('id', '=', webhook.id)
    .executeTakeFirstOrThrow()
  expect(task).toMatchObject({
    type: 'http.request',
    input: { url: callbackUrl, method: 'POST', sign: true, body: { type: 'group.opened' } },
    max_attempts: 10,
    retry: { strategy: 'list' },
    callback_url: null,
  })
  expect(await ledger.openRow(webhook.id)).toMatchObject({ type: 'http.request', lane: 'normal' })
})
