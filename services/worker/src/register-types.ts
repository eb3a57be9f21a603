import { classifyDatabaseError, registerTaskTypes, type TaskTypeRegistration } from '@redrive/shared/database'
import type { TaskType } from '@redrive/shared/task'
import { describeType } from './describe-type.ts'
import { HandlersError } from './handlers-error.ts'
import { untilDone } from './until-done.ts'
import type { WorkerContext } from './worker-context.ts'

/** Every type as the ledger will know it. Throws a HandlersError with all problems of all types. */
export function describeTypes(types: readonly TaskType[]): readonly TaskTypeRegistration[] {
  const registrations: TaskTypeRegistration[] = []
  const problems: string[] = []
  for (const type of types) {
    const described = describeType(type)
    if ('problems' in described) problems.push(...described.problems)
    else registrations.push(described)
  }
  if (problems.length > 0) throw new HandlersError(problems)
  return registrations
}

/**
 * Tells the ledger what this worker can run, so that the api accepts such tasks. Waits for a ledger that is away or not
 * migrated yet, for as long as it takes. Throws when the ledger refuses a type's data, and when `signal` is aborted.
 */
export async function registerTypes(
  { database, logger }: Pick<WorkerContext, 'database' | 'logger'>,
  registrations: readonly TaskTypeRegistration[],
  signal: AbortSignal,
): Promise<void> {
  await untilDone(() => registerTaskTypes(database.db, registrations), {
    what: 'register the task types in the ledger',
    isHopeless: (error) => classifyDatabaseError(error) === 'data',
    logger,
    signal,
  })
}
