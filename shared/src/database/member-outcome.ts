import { type RawBuilder, sql } from 'kysely'

/**
 * The joins that tell what became of redriven members `m`: `n` is the dead letter of the life that their redrive began, if
 * it failed, `t` the task and `o` its open row. A later life of the same task has a later dead letter and does not count.
 */
export const MEMBER_LIVES: RawBuilder<unknown> = sql`
  left join lateral (
    select d.id, d.fingerprint, d.tenant_id from dead_letters d
    where d.task_id = m.task_id and d.number >= m.number and m.state = 'redriven' order by d.number limit 1
  ) as n on true
  left join tasks t on t.id = m.task_id and m.state = 'redriven'
  left join open_tasks o on o.task_id = m.task_id and m.state = 'redriven'`

/** Over MEMBER_LIVES: null for members that are not redriven. */
export const MEMBER_OUTCOME: RawBuilder<unknown> = sql`case
  when m.state <> 'redriven' then null
  when n.id is not null then case when n.fingerprint = m.fingerprint then 'failed_same' else 'failed_differently' end
  when t.state is not null then t.state
  when o.token is not null then 'running'
  when o.attempt > o.attempts_before_life and o.due_at > now() then 'retrying'
  else 'waiting' end`
