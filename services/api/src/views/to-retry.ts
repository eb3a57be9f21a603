import type { TaskResource } from '@redrive/shared/contract'
import type { RetryPolicy } from '@redrive/shared/task'

/** A task's own part of its retry policy; its number of attempts is shown as the task's. */
export function toRetry(retry: Partial<RetryPolicy> | null): TaskResource['retry'] {
  if (retry === null) return null
  const { maxAttempts: _shownBesides, delaysMs, ...rest } = retry
  return { ...rest, ...(delaysMs !== undefined && { delaysMs: [...delaysMs] }) }
}
