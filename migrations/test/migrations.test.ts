import { expect, test } from '@jest/globals'
import { migrateToLatest } from '@redrive/migrations'
import { createDatabase } from '@redrive/shared/database'
import { createTestDatabase, REPOSITORY_FOLDER } from '@redrive/shared/testing'
import { sql } from 'kysely'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** An empty database: the copy's own schema is thrown away. */
async function emptyDatabase(): Promise<string> {
  const { url } = await createTestDatabase()
  const database = createDatabase({ url, poolSize: 1, statementTimeoutMs: 10_000, applicationName: 'test' })
  await sql`drop schema public cascade`.execute(database.db)
  await sql`create schema public`.execute(database.db)
  await database.close()
  return url
}

/** A migration that nobody listed would never be applied. */
function numberedFiles(): string[] {
  const files = readdirSync(join(REPOSITORY_FOLDER, 'migrations/src'))
  return files.flatMap((file) => /^(\d{4}-.+)\.ts$/.exec(file)?.[1] ?? []).toSorted()
}

test('of four migrators that start together each succeeds and one applies', async () => {
  const url = await emptyDatabase()
  const applied = await Promise.all([1, 2, 3, 4].map(() => migrateToLatest(url)))
  expect(applied.flat()).toEqual(numberedFiles())
})

test('a migrated ledger has the default tenant and nothing left to apply', async () => {
  const { url } = await createTestDatabase()
  expect(await migrateToLatest(url)).toEqual([])
  const database = createDatabase({ url, poolSize: 1, statementTimeoutMs: 10_000, applicationName: 'test' })
  expect(await database.db.selectFrom('tenants').select('name').execute()).toEqual([{ name: 'default' }])
  await database.close()
})

test('audit entries are never changed', async () => {
  const { url } = await createTestDatabase()
  const database = createDatabase({ url, poolSize: 1, statementTimeoutMs: 10_000, applicationName: 'test' })
  await sql`insert into audit_entries (id, tenant_id, actor, action) values (gen_random_uuid(), gen_random_uuid(), 'a', 'b')`.execute(
    database.db,
  )
  await expect(sql`update audit_entries set actor = 'c'`.execute(database.db)).rejects.toThrow(
    'never changed',
  )
  await database.close()
})
