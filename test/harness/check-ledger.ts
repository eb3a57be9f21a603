import type { Database } from '@redrive/shared/database'
import { sql } from 'kysely'

/**
 * What must hold in every ledger at every moment: a task has ended or has exactly one open row, each failed task has
 * exactly one dead letter that is not redriven, no other ended task has one, and each ended task has its attempts.
 */
export async function findLedgerViolations({ db }: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ violation: string }>`
    select 'accepted but neither ended nor open: ' || t.id as violation
    from tasks t where t.state is null and not exists (select from open_tasks o where o.task_id = t.id)
    union all
    select 'ended and open: ' || t.id from tasks t join open_tasks o on o.task_id = t.id where t.state is not null
    union all
    select 'open without a task: ' || o.task_id from open_tasks o where not exists (select from tasks t where t.id = o.task_id)
    union all
    select 'failed with ' || count(d.id) || ' live dead letters: ' || t.id
    from tasks t left join dead_letters d on d.task_id = t.id and d.state <> 'redriven'
    where t.state = 'failed' group by t.id having count(d.id) <> 1
    union all
    select 'a live dead letter of a task that has not failed: ' || d.task_id
    from dead_letters d join tasks t on t.id = d.task_id
    where d.state <> 'redriven' and t.state is distinct from 'failed'
    union all
    select 'more charged attempts than the budget: ' || t.id from tasks t where t.charged_attempts > t.max_attempts
    union all
    select 'attempts without a gap are missing: ' || t.id
    from tasks t where t.state is not null and t.attempt <> (select count(*) from attempts a where a.task_id = t.id)
    union all
    select 'two attempts succeeded: ' || task_id from attempts where outcome = 'succeeded' group by task_id having count(*) > 1
  `.execute(db)
  return rows.map((row) => row.violation)
}
