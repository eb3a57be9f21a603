import { beforeAll, expect, test } from '@jest/globals'
import { openOverdueDeadLetters, redriveDeadLetter } from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID } from '@redrive/shared/task'
import { waitFor } from '@redrive/shared/testing'
import { sql } from 'kysely'
import { findLedgerViolations } from '../../../test/harness/check-ledger.ts'
import { createDispatcherFixture, type DispatcherFixture } from './dispatcher-fixture.ts'

let fixture: DispatcherFixture
let workerId: string

beforeAll(async () => {
  fixture = await createDispatcherFixture()
  workerId = (await fixture.startWorker()).id
  // It leaves the queues there: that one is missing would prove that nothing carried can arrive any more.
  await (await fixture.startDispatcher()).stop()
}, 60_000)

async function die(taskId: string, number = 1): Promise<string> {
  const id = await fixture.fail(await fixture.claim(workerId, taskId, number))
  await openOverdueDeadLetters(fixture.db, { olderThanMs: -1, limit: 10 })
  return id
}

const redrive = (deadLetterId: string, input: string | null = null) =>
  redriveDeadLetter(fixture.db, {
    tenantId: DEFAULT_TENANT_ID,
    deadLetterId,
    auditId: newId(),
    actor: 'operator',
    reason: null,
    input,
    lane: null,
    attempts: null,
  })

const age = (id: string, days: number) =>
  sql`update dead_letters set died_at = now() - ${days} * interval '1 day' where id = ${id}`.execute(
    fixture.db,
  )

const exists = async (table: 'dead_letters' | 'tasks', id: string) =>
  (await fixture.db.selectFrom(table).select('id').where('id', '=', id).execute()).length === 1

const rowsOf = async (table: 'attempts' | 'input_revisions' | 'rare_endings' | 'audit_entries', id: string) =>
  (await fixture.db.selectFrom(table).selectAll().where('task_id', '=', id).execute()).length

test('old dead letters are deleted, each failed task with all its own, and nothing that lives', async () => {
  const old = await fixture.submit()
  const first = await die(old)
  await redrive(first, '{"a":5,"b":5}')
  const second = await die(old, 2)
  const young = await fixture.submit()
  const youngLetter = await die(young)
  const alive = await fixture.submit()
  const aliveLetter = await die(alive)
  await redrive(aliveLetter)
  const carried = await fixture.submit()
  const carriedLetter = await fixture.fail(await fixture.claim(workerId, carried))
  for (const id of [first, second, aliveLetter, carriedLetter]) await age(id, 31)
  await age(youngLetter, 29)

  const dispatcher = await fixture.startDispatcher({
    DEAD_LETTER_RETENTION_DAYS: '30',
    // Longer than the carried one is old, so that it stays on its way.
    CARRIED_AFTER_MS: String(90 * 86_400_000),
  })
  await waitFor(async () => !(await exists('dead_letters', second)), 'the old dead letters to be deleted')
  await waitFor(async () => !(await exists('dead_letters', aliveLetter)), 'the redriven one to be deleted')

  expect(await exists('dead_letters', first)).toBe(false)
  expect(await exists('tasks', old)).toBe(false)
  expect(await rowsOf('attempts', old)).toBe(0)
  expect(await rowsOf('input_revisions', old)).toBe(0)
  expect(await rowsOf('rare_endings', old)).toBe(0)
  expect(await rowsOf('audit_entries', old)).toBe(1)
  expect(await exists('dead_letters', youngLetter)).toBe(true)
  expect(await exists('tasks', alive)).toBe(true)
  expect(await rowsOf('attempts', alive)).toBe(1)
  expect(await exists('dead_letters', carriedLetter)).toBe(true)
  await dispatcher.waitForLog(({ event }) => event === 'dead_letters.purged')
  const broken = await findLedgerViolations({ db: fixture.db } as never)
  expect(broken).toEqual([])
  await dispatcher.stop()
})

test('nothing is deleted unless a retention is set', async () => {
  const taskId = await fixture.submit()
  const id = await die(taskId)
  await age(id, 4_000)
  const dispatcher = await fixture.startDispatcher()
  await dispatcher.waitForLog((line) => line['work'] === 'retention')
  await dispatcher.stop()
  expect(await exists('dead_letters', id)).toBe(true)
})
