import { type Kysely, sql } from 'kysely'
import type { SkipCode } from '../task/index.ts'
import type { Executor, Ledger } from './ledger.ts'
import { type DeadLetterMatch, matchDeadLetters } from './match-dead-letters.ts'
import type { RedriveSummary } from './redrive-summary.ts'
import { summarizeRedrive } from './summarize-redrive.ts'

export interface RedrivePlan {
  /** UUIDv7, made by the caller. */
  readonly id: string
  readonly auditId: string
  readonly tenantId: string
  readonly match: DeadLetterMatch
  /** The filter as it was asked for, as JSON text. */
  readonly filter: string
  readonly actor: string
  readonly reason: string | null
  readonly ratePerSecond: number | null
  readonly concurrency: number | null
  readonly lane: string | null
  readonly maxAttempts: number | null
  /** As JSON text. */
  readonly inputPatch: string | null
  readonly expiresInMs: number
  readonly maxMembers: number
}

export interface PatchableMember {
  readonly position: number
  readonly type: string | null
  readonly input: unknown
}

/** What the patch makes of a member's input, as JSON text, or why it cannot be used. */
export type PatchedInput =
  | { readonly input: string }
  | { readonly skipCode: SkipCode; readonly because: string }

export type PatchInputs = (members: readonly PatchableMember[]) => Promise<readonly PatchedInput[]>

export type PlanOutcome =
  | { readonly kind: 'planned' }
  | { readonly kind: 'nothing'; readonly foreignExcluded: number }
  | { readonly kind: 'too_many' }

/** Some seconds for a million, each statement well below its timeout. */
const INSERTED_AT_ONCE = 100_000
/** With inputs as large as they may be, some tens of megabytes. */
const PATCHED_AT_ONCE = 200

/**
 * Freezes the members of a redrive: exactly the dead letters that matched and were open at one moment, in one transaction
 * with one snapshot. Those that come later are not members; those that change meanwhile are skipped at their turn.
 * Foreign messages are counted and left out. Locks nothing but the new rows; stores everything or nothing.
 */
export async function planRedrive(
  db: Kysely<Ledger>,
  plan: RedrivePlan,
  patchInputs: PatchInputs | null,
): Promise<PlanOutcome> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (executor) => {
      const { tasks, foreign } = await countMatches(executor, plan)
      if (tasks === 0) return { kind: 'nothing', foreignExcluded: foreign }
      if (tasks + foreign > plan.maxMembers) return { kind: 'too_many' }
      await insertMembers(executor, plan, tasks)
      const skipped = patchInputs === null ? 0 : await patchMembers(executor, plan.id, patchInputs)
      const summary = await summarizeRedrive(executor, {
        id: plan.id,
        count: tasks,
        foreignExcluded: foreign,
      })
      await insertRedrive(executor, plan, { memberCount: tasks, skipped, summary })
      return { kind: 'planned' }
    })
}

async function countMatches(
  executor: Executor,
  { match, maxMembers }: RedrivePlan,
): Promise<{ readonly tasks: number; readonly foreign: number }> {
  const matching = openMatches(executor, match)
    .select('d.task_id')
    .limit(maxMembers + 1)
  const { rows } = await sql<{ tasks: number; foreign: number }>`
    select count(task_id)::int as tasks, (count(*) - count(task_id))::int as "foreign" from (${matching}) as c`.execute(
    executor,
  )
  return rows[0] ?? { tasks: 0, foreign: 0 }
}

function openMatches(executor: Executor, match: DeadLetterMatch) {
  return matchDeadLetters(executor, match).where('d.state', '=', 'open')
}

/** In the order of ids, which is the order in which their turn comes and in which they are locked. */
async function insertMembers(executor: Executor, { id, match }: RedrivePlan, count: number): Promise<void> {
  let last: string | null = null
  for (let done = 0; done < count; done += INSERTED_AT_ONCE) {
    let next = openMatches(executor, match)
      .select(['d.id', 'd.tenant_id', 'd.task_id', 'd.fingerprint', 'd.type'])
      .where('d.task_id', 'is not', null)
      .orderBy('d.id')
      .limit(INSERTED_AT_ONCE)
    if (last !== null) next = next.where('d.id', '>', last)
    const { rows } = await sql<{ last: string | null }>`
      with inserted as (
        insert into redrive_members (redrive_id, position, tenant_id, dead_letter_id, task_id, fingerprint, type)
        select ${id}, ${done}::int + row_number() over (order by c.id), c.tenant_id, c.id, c.task_id, c.fingerprint, c.type
        from (${next}) as c
        returning dead_letter_id
      )
      select max(dead_letter_id::text) as last from inserted`.execute(executor)
    last = rows[0]?.last ?? null
  }
}

/** Writes the edited inputs, or the reasons why they cannot be used; answers how many cannot. */
async function patchMembers(executor: Executor, id: string, patchInputs: PatchInputs): Promise<number> {
  let skipped = 0
  for (let after = 0; ;) {
    const members = await readPatchable(executor, id, after)
    const last = members.at(-1)
    if (last === undefined) return skipped
    const patched = await patchInputs(members)
    skipped += await writePatched(
      executor,
      id,
      members.map((member, index) => toEdit(member.position, patched[index])),
    )
    after = last.position
  }
}

async function readPatchable(executor: Executor, id: string, after: number): Promise<PatchableMember[]> {
  return executor
    .selectFrom('redrive_members as m')
    .innerJoin('dead_letters as d', 'd.id', 'm.dead_letter_id')
    .select(['m.position', 'm.type', 'd.input'])
    .where('m.redrive_id', '=', id)
    .where('m.position', '>', after)
    .orderBy('m.position')
    .limit(PATCHED_AT_ONCE)
    .execute()
}

interface Edit {
  readonly position: number
  readonly input: string | null
  readonly skipCode: SkipCode | null
  readonly because: string | null
}

function toEdit(position: number, patched: PatchedInput | undefined): Edit {
  if (patched === undefined) throw new Error('Each member needs an edited input or a reason.')
  if ('input' in patched) return { position, input: patched.input, skipCode: null, because: null }
  return { position, input: null, skipCode: patched.skipCode, because: patched.because }
}

async function writePatched(executor: Executor, id: string, edits: readonly Edit[]): Promise<number> {
  await sql`
    update redrive_members m set input = e.input::jsonb, skip_code = e.skip_code, skipped_because = e.because,
      state = case when e.skip_code is null then m.state else 'skipped' end,
      acted_at = case when e.skip_code is not null then now() end
    from unnest(${edits.map((edit) => edit.position)}::int[], ${edits.map((edit) => edit.input)}::text[],
      ${edits.map((edit) => edit.skipCode)}::text[], ${edits.map((edit) => edit.because)}::text[])
      as e (position, input, skip_code, because)
    where m.redrive_id = ${id} and m.position = e.position`.execute(executor)
  return edits.filter((edit) => edit.skipCode !== null).length
}

interface Frozen {
  readonly memberCount: number
  readonly skipped: number
  readonly summary: RedriveSummary
}

async function insertRedrive(
  executor: Executor,
  plan: RedrivePlan,
  { memberCount, skipped, summary }: Frozen,
): Promise<void> {
  await executor
    .insertInto('redrives')
    .values({
      id: plan.id,
      tenant_id: plan.tenantId,
      state: 'planned',
      filter: plan.filter,
      reason: plan.reason,
      actor: plan.actor,
      // n.b. Of this moment, and not of the transaction's beginning, which a plan of a million has long left behind.
      planned_at: sql`clock_timestamp()`,
      expires_at: sql`clock_timestamp() + ${plan.expiresInMs} * interval '1 millisecond'`,
      rate_per_second: plan.ratePerSecond,
      concurrency: plan.concurrency,
      lane: plan.lane,
      max_attempts: plan.maxAttempts,
      input_patch: plan.inputPatch,
      member_count: memberCount,
      skipped_count: skipped,
      summary: JSON.stringify(summary),
    })
    .execute()
  const details = { redriveId: plan.id, memberCount, skipped, filter: JSON.parse(plan.filter) as unknown }
  await executor
    .insertInto('audit_entries')
    .values({
      id: plan.auditId,
      tenant_id: plan.tenantId,
      actor: plan.actor,
      action: 'redrive.planned',
      reason: plan.reason,
      details: JSON.stringify(details),
    })
    .execute()
}
