import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Executor, Ledger } from './ledger.ts'
import { planByKey } from './plan-by-key.ts'

export interface Recall {
  readonly actor: string
  readonly reason: string | null
}

export interface RecalledTask {
  readonly taskId: string
  readonly deadLetterId: string
  /** Of the redrive of many that it belonged to. */
  readonly redriveId: string | null
}

export interface RecallChunk {
  readonly recalled: readonly RecalledTask[]
  /** None of the redrive's members waits for its first attempt any more. */
  readonly isDone: boolean
}

/** No attempt has been made since the redrive, over `o`, and the dead letter is there to be opened again. */
const NOT_STARTED = sql`o.redriven_from is not null and o.token is null and o.attempt = o.attempts_before_life
  and (select e.state from dead_letters e where e.id = o.redriven_from) = 'redriven'`

/**
 * Takes back one redriven task that no worker has started, in one transaction; false when an attempt was quicker, or the
 * dead letter is not redriven any more. Of a claim and a recall at once exactly one wins: both lock the open row, and each
 * looks again at what it then says. A ticket still with the broker is void, because the task has ended.
 */
export async function recallDeadLetter(
  db: Kysely<Ledger>,
  recall: Recall & { readonly tenantId: string; readonly deadLetterId: string },
): Promise<boolean> {
  const { deadLetterId, tenantId } = recall
  return db.transaction().execute(async (executor) => {
    // The redrive before its members, as everywhere, because its counts change with them.
    await sql`select from redrives r join dead_letters d on d.redrive_id = r.id
      where d.id = ${deadLetterId} and d.tenant_id = ${tenantId} and d.state = 'redriven' for update of r`.execute(
      executor,
    )
    const recalled = await recallRedriven(executor, {
      ...recall,
      which: sql`o.tenant_id = ${tenantId} and o.redriven_from = ${deadLetterId}
        and o.task_id = (select task_id from dead_letters where id = ${deadLetterId})`,
      limit: 1,
    })
    const redriveId = recalled[0]?.redriveId ?? null
    if (redriveId !== null) await countRecalled(executor, redriveId, recalled.length)
    return recalled.length > 0
  })
}

/**
 * Takes back the next members of a redrive of many that no worker has started, if its recall was asked for; null if not,
 * or if it is done. Locks the redrive, then open rows in id order, then dead letters in id order.
 */
export async function recallMembers(
  db: Kysely<Ledger>,
  { redriveId, limit }: { readonly redriveId: string; readonly limit: number },
): Promise<RecallChunk | null> {
  return db.transaction().execute(async (executor) => {
    const asked = await executor
      .selectFrom('redrives')
      .select(['recalled_by', 'recall_reason'])
      .where('id', '=', redriveId)
      .where('recall_asked_at', 'is not', null)
      .where('recall_ended_at', 'is', null)
      .forUpdate()
      .executeTakeFirst()
    if (asked === undefined) return null
    await planByKey(executor)
    const recalled = await recallRedriven(executor, {
      actor: asked.recalled_by ?? '',
      reason: asked.recall_reason,
      which: sql`o.redrive_id = ${redriveId}`,
      limit,
    })
    await countRecalled(executor, redriveId, recalled.length)
    // A new look, because a claim that was quicker makes a chunk smaller without being the last one.
    const { rows } = await sql`update redrives set recall_ended_at = now()
      where id = ${redriveId} and not exists (select from open_tasks o where o.redrive_id = ${redriveId} and ${NOT_STARTED})
      returning id`.execute(executor)
    return { recalled, isDone: rows.length > 0 }
  })
}

/**
 * The one statement that undoes a redrive: the open row goes, the task has failed again as it had before, under the number
 * that it has now, and the same dead letter is open again. An edited input that never ran is gone; the member keeps it.
 */
async function recallRedriven(
  executor: Executor,
  { which, limit, actor, reason }: Recall & { readonly which: RawBuilder<unknown>; readonly limit: number },
): Promise<readonly RecalledTask[]> {
  const { rows } = await sql<RecalledTask & { isWhole: boolean }>`
    with locked as (
      select o.task_id from open_tasks o where ${which} and ${NOT_STARTED} order by o.task_id limit ${limit} for update of o
    ),
    gone as (
      delete from open_tasks o where o.task_id = any(array(select task_id from locked)) and ${NOT_STARTED}
      returning o.task_id, o.tenant_id, o.number, o.redriven_from, o.redrive_id
    ),
    letter as (
      select d.*, g.number as last_number, g.redrive_id as from_redrive from dead_letters d join gone g on g.redriven_from = d.id
      where d.id = any(array(select redriven_from from gone)) order by d.id for update of d
    ),
    reopened as (
      update dead_letters d set state = 'open', closed_at = null, closed_by = null, closing_reason = null, redrive_id = null,
        life_before = null
      from letter l where d.id = l.id and d.id = any(array(select id from letter))
    ),
    ${failedAgainPart()},
    listed as (
      insert into rare_endings (tenant_id, state, task_id) select tenant_id, 'failed', task_id from gone
    ),
    noted as (
      update redrive_members m set state = 'recalled', acted_at = now() from gone g
      where m.redrive_id = g.redrive_id and m.dead_letter_id = g.redriven_from
        and m.dead_letter_id = any(array(select redriven_from from gone))
    ),
    audited as (
      insert into audit_entries (id, tenant_id, actor, action, task_id, dead_letter_id, reason, details)
      select new_task_id(), tenant_id, ${actor}, 'dead_letter.recalled', task_id, redriven_from, ${reason}::text,
        jsonb_strip_nulls(jsonb_build_object('number', number, 'redriveId', redrive_id))
      from gone
    )
    select g.task_id as "taskId", g.redriven_from as "deadLetterId", g.redrive_id as "redriveId", l.id is not null as "isWhole"
    from gone g left join letter l on l.id = g.redriven_from`.execute(executor)
  // Never half: without its dead letter, a task would have neither ended nor an open row. The caller's transaction is undone.
  if (rows.some((row) => !row.isWhole)) throw new Error('A dead letter vanished while its task was recalled.')
  return rows.map(({ taskId, deadLetterId, redriveId }) => ({ taskId, deadLetterId, redriveId }))
}

/** Everything that the redrive took comes from the dead letter: most of it stands there anyway, the rest in life_before. */
function failedAgainPart(): RawBuilder<unknown> {
  return sql`failed_again as (
      update tasks t set state = 'failed', number = l.last_number, error = l.error, finished_at = l.died_at,
        input = case when (l.life_before ->> 'edited')::boolean then l.input else t.input end,
        lane = l.life_before ->> 'lane', max_attempts = (l.life_before ->> 'maxAttempts')::int,
        started_at = (l.life_before ->> 'startedAt')::timestamptz,
        progress = nullif(l.life_before -> 'progress', 'null'::jsonb)
      from letter l where t.id = l.task_id and t.id = any(array(select task_id from letter))
    )`
}

async function countRecalled(executor: Executor, redriveId: string, count: number): Promise<void> {
  await executor
    .updateTable('redrives')
    .set((eb) => ({
      redriven_count: eb('redriven_count', '-', count),
      recalled_count: eb('recalled_count', '+', count),
    }))
    .where('id', '=', redriveId)
    .execute()
}
