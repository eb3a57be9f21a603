import type { TimelineAttempt } from '../task/index.ts'
import type { AttemptsTable, Executor } from './ledger.ts'

/** An attempt as its story is told from it, with the outcomes that the ledger has for one. */
export interface AttemptView extends TimelineAttempt {
  readonly outcome: AttemptsTable['outcome'] | 'running'
}

// A task redriven for years has more attempts than a page; the newest tell the story.
const MAX_ATTEMPTS_SHOWN = 1_000

/** A task's attempts in order, the running one last. */
export async function listAttempts(
  executor: Executor,
  { tenantId, id }: { readonly tenantId: string; readonly id: string },
): Promise<readonly AttemptView[]> {
  const ended = await executor
    .selectFrom('attempts as a')
    .leftJoin('workers as w', 'w.id', 'a.worker_id')
    .select([
      'a.attempt',
      'a.number',
      'a.outcome',
      'a.is_charged as isCharged',
      'a.worker_id as workerId',
      'w.host',
    ])
    .select([
      'w.version as workerVersion',
      'a.started_at as startedAt',
      'a.ended_at as endedAt',
      'a.error',
      'a.progress',
    ])
    .select(['a.decision', 'a.note', 'a.evidence'])
    .where('a.tenant_id', '=', tenantId)
    .where('a.task_id', '=', id)
    .orderBy('a.attempt', 'desc')
    .limit(MAX_ATTEMPTS_SHOWN)
    .execute()
  const running = await findRunningAttempt(executor, { tenantId, id })
  return [...ended.reverse(), ...running]
}

async function findRunningAttempt(
  executor: Executor,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<AttemptView[]> {
  const rows = await executor
    .selectFrom('open_tasks as o')
    .innerJoin('workers as w', 'w.id', 'o.worker_id')
    .select(['o.attempt', 'o.number', 'o.worker_id as workerId', 'w.host', 'w.version as workerVersion'])
    .select(['o.started_at as startedAt', 'o.progress'])
    .where('o.tenant_id', '=', tenantId)
    .where('o.task_id', '=', id)
    .where('o.token', 'is not', null)
    .execute()
  return rows.flatMap(({ workerId, startedAt, ...row }) =>
    workerId === null || startedAt === null
      ? []
      : [
          {
            ...row,
            workerId,
            startedAt,
            outcome: 'running',
            isCharged: true,
            endedAt: null,
            error: null,
            decision: null,
            note: null,
            evidence: null,
          },
        ],
  )
}
