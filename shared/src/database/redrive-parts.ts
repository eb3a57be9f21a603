import { type RawBuilder, sql } from 'kysely'

export interface RedriveTerms {
  readonly actor: string
  readonly reason: string | null
  readonly lane: string | null
  /** Attempts of the new life; null gives the task's own budget again. */
  readonly attempts: number | null
  /** The redrive of many that this belongs to. */
  readonly redriveId: string | null
}

/**
 * The parts of a statement that sends failed tasks back for a new life: the dead letter is closed and keeps what a recall
 * needs, an edited input keeps the old one as a revision, the task is open again under the next number with attempts
 * added, and the audit says who and why. A deadline that is still ahead stays; one that has passed would end the new life at
 * once, so the new life has none. Follows a part `wanted (dead_letter_id, audit_id, input)`, the input as JSON text
 * or null; its own part `opened (task_id, number, redriven_from)` has those that were open and are no longer.
 * Locks dead letters in id order, then their tasks in id order. Many at once need `planByKey` in their transaction.
 */
export function redriveParts(terms: RedriveTerms): RawBuilder<unknown> {
  return sql`${lockedParts()},
    ${closedPart(terms)},
    revised as (
      insert into input_revisions (task_id, until_number, tenant_id, input)
      select id, number, tenant_id, input from before where edited is not null
    ),
    revived as (
      update tasks t set state = null, number = null, error = null, result = null, progress = null, started_at = null,
        finished_at = null, input = coalesce(b.edited::jsonb, t.input), lane = coalesce(${terms.lane}, t.lane),
        max_attempts = b.charged_attempts + coalesce(${terms.attempts}::int, b.attempt_budget)
      from before b where t.id = b.id and t.id = any(array(select id from before))
      returning t.id, t.lane
    ),
    unlisted as (
      delete from rare_endings where ctid = any(array(select (
        select r.ctid from rare_endings r where r.tenant_id = b.tenant_id and r.state = 'failed' and r.task_id = b.id
      ) from before b))
    ),
    opened as (
      insert into open_tasks (task_id, tenant_id, lane, type, number, due_at, attempt, charged_attempts, attempts_before_life,
        redriven_from, redrive_id, expires_at)
      select b.id, b.tenant_id, r.lane, b.type, b.number + 1, now(), b.attempt, b.charged_attempts, b.attempt,
        b.dead_letter_id, ${terms.redriveId}::uuid, case when b.expires_at > now() then b.expires_at end
      from before b join revived r on r.id = b.id
      returning task_id, number, redriven_from
    ),
    audited as (
      insert into audit_entries (id, tenant_id, actor, action, task_id, dead_letter_id, reason, details)
      select b.audit_id, b.tenant_id, ${terms.actor}, 'dead_letter.redriven', b.id, b.dead_letter_id, ${terms.reason}::text,
        jsonb_build_object('edited', b.edited is not null, 'lane', ${terms.lane}::text, 'attempts', ${terms.attempts}::int,
          'number', b.number + 1) || jsonb_strip_nulls(jsonb_build_object('redriveId', ${terms.redriveId}::uuid))
      from before b
    )`
}

/** n.b. By key, here and in the other parts, whatever the statistics say: see `planByKey`. */
function lockedParts(): RawBuilder<unknown> {
  return sql`locked as (
      select d.id, d.task_id, w.audit_id, w.input from dead_letters d join wanted w on w.dead_letter_id = d.id
      where d.id = any(array(select dead_letter_id from wanted)) and d.state = 'open' and d.task_id is not null
      order by d.id for update of d
    ),
    before as (
      select t.*, l.id as dead_letter_id, l.audit_id, l.input as edited from tasks t join locked l on l.task_id = t.id
      where t.id = any(array(select task_id from locked)) and t.state = 'failed'
      order by t.id for update of t
    )`
}

function closedPart({ actor, reason, redriveId }: RedriveTerms): RawBuilder<unknown> {
  return sql`closed as (
      update dead_letters d set state = 'redriven', closed_at = now(), closed_by = ${actor}, closing_reason = ${reason},
        redrive_id = ${redriveId}::uuid, life_before = jsonb_build_object('edited', b.edited is not null, 'lane', b.lane,
          'maxAttempts', b.max_attempts, 'startedAt', b.started_at, 'progress', b.progress)
      from before b
      where d.id = b.dead_letter_id and d.id = any(array(select dead_letter_id from before)) and d.state = 'open'
    )`
}
