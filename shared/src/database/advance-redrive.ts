import { type Kysely, sql } from 'kysely'
import { pacedUntilMs, paceRedrive } from '../task/index.ts'
import type { Executor, Ledger } from './ledger.ts'
import { planByKey } from './plan-by-key.ts'
import { redriveParts } from './redrive-parts.ts'

export interface RedriveStep {
  readonly redriven: number
  readonly skipped: number
  /** This chunk was the last. */
  readonly isCompleted: boolean
  /** Neither rate nor concurrency made it smaller, so there is probably more to do at once. */
  readonly isFull: boolean
}

export interface Advance {
  readonly redriveId: string
  readonly maxChunk: number
  /** Called when everything is written and before it is committed. */
  readonly beforeCommit?: () => void
}

interface Running {
  readonly id: string
  /** Who executed it: the members went back by that order. */
  readonly actor: string
  readonly reason: string | null
  readonly lane: string | null
  readonly attempts: number | null
  readonly ratePerSecond: number | null
  readonly concurrency: number | null
  readonly position: number
  readonly memberCount: number
  readonly nowMs: number
  readonly pacedUntilMs: number
  readonly openMembers: number
}

/**
 * Gives the next members of a running redrive their turn, in one transaction: those whose dead letter is open go back,
 * the others are skipped and say why. Null when it is not running (any more). Which members had their turn, how many went
 * back, and how much of the rate is used is written with them, so whoever stops here leaves nothing half done, and
 * whoever goes on repeats nothing. Locks the redrive, then dead letters in id order, then tasks in id order: a pause, a
 * stop or another dispatcher waits for the chunk and sees its result.
 */
export async function advanceRedrive(db: Kysely<Ledger>, advance: Advance): Promise<RedriveStep | null> {
  return db.transaction().execute(async (executor) => {
    const redrive = await lockRunning(executor, advance.redriveId)
    if (redrive === null) return null
    const { count, fromMs } = paceRedrive({ ...redrive, maxChunk: advance.maxChunk })
    if (count === 0) return { redriven: 0, skipped: 0, isCompleted: false, isFull: false }
    await planByKey(executor)
    const upTo = Math.min(redrive.memberCount, redrive.position + count)
    const redriven = await redriveMembers(executor, redrive, upTo)
    const skipped = await skipMembers(executor, redrive, upTo)
    const isCompleted = upTo === redrive.memberCount
    await noteChunk(executor, redrive, {
      upTo,
      redriven,
      skipped,
      isCompleted,
      pacedUntilMs: pacedUntilMs(fromMs, redriven, redrive.ratePerSecond),
    })
    advance.beforeCommit?.()
    return { redriven, skipped, isCompleted, isFull: count === advance.maxChunk }
  })
}

async function lockRunning(executor: Executor, id: string): Promise<Running | null> {
  const { rows } = await sql<Omit<Running, 'nowMs' | 'openMembers'>>`
    select id, coalesce(started_by, actor) as actor, reason, lane, max_attempts as attempts, rate_per_second as "ratePerSecond", concurrency, position,
      member_count as "memberCount", extract(epoch from paced_until)::float8 * 1000 as "pacedUntilMs"
    from redrives where id = ${id} and state = 'running' for update`.execute(executor)
  const [redrive] = rows
  return redrive === undefined ? null : { ...redrive, ...(await readNow(executor, redrive)) }
}

/** After the lock: a transaction that waited for it began long before its turn came, and sees here what was done meanwhile. */
async function readNow(
  executor: Executor,
  { id, concurrency }: Pick<Running, 'id' | 'concurrency'>,
): Promise<Pick<Running, 'nowMs' | 'openMembers'>> {
  const { rows } = await sql<Pick<Running, 'nowMs' | 'openMembers'>>`
    select extract(epoch from clock_timestamp())::float8 * 1000 as "nowMs",
      (select count(*)::int from (select from open_tasks where redrive_id = ${id} limit ${concurrency ?? 0}) as c) as "openMembers"`.execute(
    executor,
  )
  return rows[0] ?? { nowMs: 0, openMembers: 0 }
}

async function redriveMembers(executor: Executor, redrive: Running, upTo: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with wanted as (
      select m.dead_letter_id, new_task_id() as audit_id, m.input::text as input from redrive_members m
      where m.redrive_id = ${redrive.id} and m.position > ${redrive.position} and m.position <= ${upTo} and m.state = 'planned'
    ),
    ${redriveParts({ ...redrive, redriveId: redrive.id })},
    noted as (
      update redrive_members m set state = 'redriven', number = o.number, acted_at = now() from opened o
      where m.redrive_id = ${redrive.id} and m.position > ${redrive.position} and m.position <= ${upTo}
        and m.dead_letter_id = o.redriven_from
    )
    select count(*)::int as count from opened`.execute(executor)
  return rows[0]?.count ?? 0
}

/**
 * A statement of its own, because only a new look sees what another operator did while the one before waited for him.
 */
async function skipMembers(executor: Executor, redrive: Running, upTo: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with changed as (
      select m.position, d.id is null as is_gone, d.state, d.closed_by, d.closed_at
      from redrive_members m left join dead_letters d on d.id = m.dead_letter_id and d.id = any(array(
        select dead_letter_id from redrive_members
        where redrive_id = ${redrive.id} and position > ${redrive.position} and position <= ${upTo} and state = 'planned'))
      where m.redrive_id = ${redrive.id} and m.position > ${redrive.position} and m.position <= ${upTo} and m.state = 'planned'
    ),
    skipped as (
      update redrive_members m set state = 'skipped', acted_at = now(),
        skip_code = case when c.is_gone then 'gone' when c.state = 'open' then 'not_failed' else c.state end,
        skipped_because = case
          when c.is_gone then 'the dead letter does not exist any more'
          when c.state = 'open' then 'its task has not failed'
          when c.state = 'carried' then 'the dead letter is on its way through the error queue'
          else 'the dead letter was ' || c.state || coalesce(' by ' || c.closed_by, '')
            || coalesce(' at ' || to_char(c.closed_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), '') end
      from changed c where m.redrive_id = ${redrive.id} and m.position = c.position
      returning m.position
    )
    select count(*)::int as count from skipped`.execute(executor)
  return rows[0]?.count ?? 0
}

interface Chunk {
  readonly upTo: number
  readonly redriven: number
  readonly skipped: number
  readonly isCompleted: boolean
  readonly pacedUntilMs: number
}

async function noteChunk(executor: Executor, { id }: Running, chunk: Chunk): Promise<void> {
  await sql`
    update redrives set position = ${chunk.upTo}, redriven_count = redriven_count + ${chunk.redriven},
      skipped_count = skipped_count + ${chunk.skipped}, paced_until = to_timestamp(${chunk.pacedUntilMs}::float8 / 1000),
      state = case when ${chunk.isCompleted} then 'completed' else state end,
      ended_at = case when ${chunk.isCompleted} then clock_timestamp() else ended_at end
    where id = ${id}`.execute(executor)
}
