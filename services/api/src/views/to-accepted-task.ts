import type { TaskResource } from '@redrive/shared/contract'
import type { AcceptedTask } from '@redrive/shared/database'
import type { PlannedTask } from '../submission/planned-task.ts'
import { toRetry } from './to-retry.ts'

/** What of a plan the answer to its submission shows. */
export type ShownPlan = Pick<
  PlannedTask,
  | 'type'
  | 'lane'
  | 'sentInput'
  | 'tags'
  | 'attemptBudget'
  | 'timeoutMs'
  | 'retry'
  | 'user'
  | 'expiresAt'
  | 'callbackUrl'
> & {
  /** The name of the tenant. */
  readonly tenant: string
}

/**
 * A task as it was at the moment of its acceptance. The same submission repeated with its key gets the same answer, byte
 * for byte, whatever the task has done since.
 */
export function toAcceptedTask(plan: ShownPlan, { id, createdAt, runAt }: AcceptedTask): TaskResource {
  return {
    id,
    tenant: plan.tenant,
    type: plan.type,
    lane: plan.lane,
    state: runAt > createdAt ? 'scheduled' : 'waiting',
    input: plan.sentInput,
    result: null,
    error: null,
    progress: null,
    attempt: 0,
    maxAttempts: plan.attemptBudget,
    timeoutMs: plan.timeoutMs,
    retry: toRetry(plan.retry),
    user: plan.user,
    tags: [...plan.tags],
    createdAt: createdAt.toISOString(),
    runAt: runAt.toISOString(),
    startedAt: null,
    finishedAt: null,
    expiresAt: plan.expiresAt?.toISOString() ?? null,
    callbackUrl: plan.callbackUrl,
  }
}
