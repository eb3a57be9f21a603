import { sql, type SqlBool } from 'kysely'
import type { Executor } from './ledger.ts'

export interface SensitiveType {
  readonly name: string
  readonly sensitive: string[]
}

/** The types whose inputs have fields to be masked; few. */
export function listSensitiveTypes(executor: Executor): Promise<SensitiveType[]> {
  return executor
    .selectFrom('task_types')
    .select(['name', 'sensitive'])
    .where(sql<SqlBool>`sensitive <> '{}'`)
    .orderBy('name')
    .execute()
}
