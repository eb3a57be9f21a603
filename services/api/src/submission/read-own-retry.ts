import type { NewTaskBody } from '@redrive/shared/contract'
import type { RetryPolicy } from '@redrive/shared/task'

const FIELDS = [
  'strategy',
  'baseDelayMs',
  'factor',
  'maxDelayMs',
  'delaysMs',
  'jitter',
  'maxAgeMs',
] as const satisfies readonly (keyof RetryPolicy)[]

/**
 * What of its type's retry policy a submission wants otherwise, but for the number of attempts, which a task has anyway.
 * In the same order for the same body, checked or as it came, so that a repeated submission is answered with the same bytes.
 */
export function readOwnRetry({ retry = {} }: Pick<NewTaskBody, 'retry'>): Partial<RetryPolicy> | null {
  const given = FIELDS.filter((field) => retry[field] !== undefined)
  return given.length === 0 ? null : Object.fromEntries(given.map((field) => [field, retry[field]]))
}
