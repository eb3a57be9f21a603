import type { Database, DeadLettersTable } from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID, type TaskError } from '@redrive/shared/task'
import type { Insertable } from 'kysely'

type Row = Insertable<DeadLettersTable>

export type DeadLetterToKeep = Partial<Omit<Row, 'died_at' | 'error' | 'input'>> & {
  readonly diedAt?: string
  readonly error?: TaskError
  readonly input?: unknown
}

/** Writes a dead letter as the failing of a task does, with what a test of finding it needs. Returns its id. */
export async function keepDeadLetter(
  db: Database['db'],
  { diedAt, error, input, ...fields }: DeadLetterToKeep = {},
): Promise<string> {
  const id = newId()
  const row: Row = {
    id,
    tenant_id: DEFAULT_TENANT_ID,
    task_id: newId(),
    number: 1,
    state: 'open',
    reason: 'attempts_exhausted',
    decision: 'The only attempt is used up.',
    type: 'math.add',
    lane: 'normal',
    error: JSON.stringify(error ?? { type: 'Error', message: 'it broke' }),
    fingerprint: 'f0',
    input: JSON.stringify(input ?? {}),
    ...(diedAt !== undefined && { died_at: new Date(diedAt) }),
    ...fields,
  }
  await db.insertInto('dead_letters').values(row).execute()
  return id
}
