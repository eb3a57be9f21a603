import { beforeAll, expect, test } from '@jest/globals'
import type { SpawnedService } from '@redrive/shared/testing'
import type { ApiClient } from './harness/api-client.ts'
import { findLedgerViolations } from './harness/check-ledger.ts'
import { type Cluster, startCluster } from './harness/start-cluster.ts'

const NUMBER = '4111-1111-1111-1111'

let cluster: Cluster
let client: ApiClient
let services: readonly SpawnedService[]

beforeAll(async () => {
  cluster = await startCluster()
  const [api, dispatcher, worker] = await Promise.all([
    cluster.startApi(),
    cluster.start('dispatcher'),
    // Nobody takes what is low.
    cluster.start('worker', { WORKER_LANES: 'high,normal' }),
  ])
  client = api.client
  services = [api.api, dispatcher, worker]
}, 60_000)

const submit = (failures: number) =>
  client.submit({ type: 'test.leaking', input: { card: { number: NUMBER, kind: 'visa' }, failures } })

interface Told {
  readonly at: string
  readonly kind: string
  readonly text: string
}

const kinds = (timeline: readonly Told[]): string[] => timeline.map(({ kind }) => kind)

test('a dead letter tells its whole story, its second life too, and never the sensitive value', async () => {
  const taskId = await submit(2)
  await client.ended(taskId)
  const letter = await client.openDeadLetter(taskId)
  expect(kinds(letter.timeline)).toEqual([
    'accepted',
    'attempt_started',
    'attempt_ended',
    'decided',
    'attempt_started',
    'attempt_ended',
    'decided',
    'died',
    'carried',
    'opened',
  ])
  expect(letter.error).toMatchObject({
    message: 'visa [masked] was declined',
    cause: { type: 'RangeError', message: 'the bank does not know [masked]' },
  })
  expect(letter.timeline[2]).toMatchObject({
    attempt: 1,
    isCharged: true,
    outcome: 'failed',
    error: { cause: { message: 'the bank does not know [masked]' } },
  })
  const input = { ...letter.input, failures: 0 }
  const redriven = await client.call(`/dead-letters/${letter.id}/redrive`, {
    body: { input, reason: 'paid' },
  })
  expect(redriven.status).toBe(202)
  const task = await client.ended(taskId)
  expect(task).toMatchObject({ state: 'succeeded', result: { last: '1111' } })
  const after = (await client.call(`/dead-letters/${letter.id}`)).body
  expect(after.attempts).toHaveLength(2)
  expect(after.timeline).toEqual(task.timeline)
  expect(kinds(task.timeline).slice(-4)).toEqual(['act', 'attempt_started', 'attempt_ended', 'succeeded'])
  expect(JSON.stringify([letter, task, after])).not.toContain(NUMBER)
})

test('no service logs a sensitive value, and no error or group in the ledger keeps one', async () => {
  const taskId = await submit(9)
  await client.ended(taskId)
  await client.openDeadLetter(taskId)
  const logs = JSON.stringify(services.map(({ logs: lines }) => lines))
  expect(logs).toContain('visa [masked] was declined')
  expect(logs).not.toContain(NUMBER)
  const { db } = cluster.database
  const kept = await Promise.all([
    db.selectFrom('dead_letters').select(['error', 'decision']).execute(),
    db.selectFrom('attempts').select(['error', 'decision', 'note']).execute(),
    db.selectFrom('dead_letter_groups').select('title').execute(),
    db.selectFrom('audit_entries').selectAll().execute(),
  ])
  expect(JSON.stringify(kept)).not.toContain(NUMBER)
  expect(await findLedgerViolations(cluster.database)).toEqual([])
})

test('an expired task says which deadline passed', async () => {
  const expiresAt = new Date(Date.now() + 1_000).toISOString()
  const body = { type: 'math.add', input: { a: 1, b: 2 }, lane: 'low', expiresAt }
  const sent = await client.call('/tasks', { body })
  expect(sent).toMatchObject({ status: 202 })
  const task = await client.ended(sent.body.id)
  expect(task.state).toBe('expired')
  expect(task.explanation).toContain(`its deadline ${expiresAt} passed before it could run`)
  expect(task.timeline.map(({ kind, text }: Told) => `${kind}: ${text}`)).toEqual([
    'accepted: The task of type math.add was accepted and stored.',
    `expired: The task expired: its deadline, ${expiresAt}, had passed. It never ran.`,
  ])
})

test('a cancelled task says who cancelled it and why', async () => {
  const { status, body } = await client.call('/tasks', {
    body: { type: 'math.add', input: { a: 1, b: 2 }, delayMs: 3_600_000 },
  })
  expect(status).toBe(202)
  await client.call(`/tasks/${body.id}/cancel`, { body: { reason: 'sent twice' } })
  const task = (await client.call(`/tasks/${body.id}`)).body
  expect(task.explanation).toContain('administrator cancelled it')
  expect(task.explanation).toContain('"sent twice"')
  expect(task.timeline.map(({ kind, text }: Told) => `${kind}: ${text}`)).toEqual([
    'accepted: The task of type math.add was accepted and stored.',
    'act: administrator cancelled the task ("sent twice").',
  ])
})
