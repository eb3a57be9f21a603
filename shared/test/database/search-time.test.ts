import { beforeAll, expect, test } from '@jest/globals'
import { listDeadLetters, SearchTooWideError } from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID } from '@redrive/shared/task'
import { sql } from 'kysely'
import { v7 } from 'uuid'
import { createLedgerFixture } from './ledger-fixture.ts'

type Fixture = Awaited<ReturnType<typeof createLedgerFixture>>

let db: Fixture['db']
const common = { tenantIds: [DEFAULT_TENANT_ID], limit: 10 }

beforeAll(async () => {
  db = (await createLedgerFixture()).db
})

async function keep(id: string, diedAt: string): Promise<void> {
  await sql`
    insert into dead_letters (id, tenant_id, task_id, number, state, reason, decision, error, fingerprint, input, died_at)
    values (${id}, ${DEFAULT_TENANT_ID}, ${newId()}, 1, 'open', 'crashed', '', '{}', 'f', '{"a": 1}', ${diedAt})`.execute(
    db,
  )
}

const find = async (before: string) =>
  (await listDeadLetters(db, { ...common, filter: { diedAt: { before } } })).map(({ id }) => id)

test('what died before a time is found by it, also where its id is of another time', async () => {
  const old = v7({ msecs: Date.parse('2025-05-01T10:00:00Z') })
  await keep(old, '2025-05-01T10:00:03Z')
  await keep(newId(), new Date().toISOString())
  expect(await find('2025-05-02T00:00:00.000Z')).toEqual([old])
  const imported = newId()
  await keep(imported, '2025-04-01T00:00:00Z')
  expect(await find('2025-05-02T00:00:00.000Z')).toEqual([imported, old])
  expect(await find('2025-04-02T00:00:00.000Z')).toEqual([imported])
  expect(await find('2025-03-01T00:00:00.000Z')).toEqual([])
})

test('a search that looks through too much is given up, and the connection is as good as before', async () => {
  // What takes long among a million rows takes long here, too, by a comparison that sleeps within the limit of a search.
  await sql`create schema slow`.execute(db)
  await sql`
    create function slow.compare(jsonb, jsonpath) returns boolean language plpgsql as $$
      begin
        if current_setting('statement_timeout') = '4s' then perform pg_sleep(60); end if;
        return false;
      end $$`.execute(db)
  await sql`create operator slow.@@ (leftarg = jsonb, rightarg = jsonpath, function = slow.compare)`.execute(
    db,
  )
  await db.connection().execute(async (connection) => {
    await sql`set search_path = slow, public, pg_catalog`.execute(connection)
    const search = listDeadLetters(connection, {
      ...common,
      filter: { input: [{ path: ['a'], atLeast: 2 }] },
    })
    await expect(search).rejects.toThrow(SearchTooWideError)
    expect(await listDeadLetters(connection, { ...common, filter: {} })).not.toEqual([])
  })
})
