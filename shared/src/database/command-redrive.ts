import { type Kysely, sql } from 'kysely'
import {
  decideRedriveCommand,
  type RedriveCommand,
  type RedriveState,
  type StoredRedriveState,
} from '../task/index.ts'
import type { Executor, Ledger } from './ledger.ts'

export interface RedriveOrderCommand {
  readonly id: string
  /** Who planned it; null: whoever, for whoever runs the installation. */
  readonly tenantId: string | null
  readonly command: RedriveCommand
  readonly auditId: string
  readonly actor: string
  readonly reason: string | null
}

export interface CommandOutcome {
  /** `done`: this call did it. `same`: it had been done. `refused`: the state does not allow it. */
  readonly kind: 'done' | 'same' | 'refused'
  /** As it was before. */
  readonly state: RedriveState
}

interface Locked {
  readonly state: RedriveState
  readonly isRecallAsked: boolean
}

/**
 * Carries out an operator's command on a redrive of many, once however often it is sent: see `decideRedriveCommand`. Null
 * when there is no such redrive. Waits for a chunk that is being written, so that nothing more goes back after a pause or
 * stop was answered.
 */
export async function commandRedrive(
  db: Kysely<Ledger>,
  order: RedriveOrderCommand,
): Promise<CommandOutcome | null> {
  return db.transaction().execute(async (executor) => {
    const found = await lock(executor, order)
    if (found === null) return null
    const { state } = found
    const decision = decideRedriveCommand(order.command, state)
    if (decision === 'refused') return { kind: 'refused', state }
    if (decision === 'same' || (order.command === 'recall' && found.isRecallAsked))
      return { kind: 'same', state }
    await move(executor, order, decision.to)
    await audit(executor, order)
    return { kind: 'done', state }
  })
}

async function lock(executor: Executor, { id, tenantId }: RedriveOrderCommand): Promise<Locked | null> {
  const { rows } = await sql<Locked>`
    select case when state = 'planned' and expires_at <= clock_timestamp() then 'expired' else state end as state,
      recall_asked_at is not null as "isRecallAsked"
    from redrives where id = ${id} and (${tenantId}::uuid is null or tenant_id = ${tenantId}::uuid) for update`.execute(
    executor,
  )
  return rows[0] ?? null
}

async function move(
  executor: Executor,
  { id, command, actor, reason }: RedriveOrderCommand,
  to: StoredRedriveState,
): Promise<void> {
  const isStarting = command === 'execute' || command === 'resume'
  const isRecall = command === 'recall'
  await sql`
    update redrives set state = ${to},
      started_at = case when ${isStarting} then coalesce(started_at, clock_timestamp()) else started_at end,
      started_by = case when ${command === 'execute'} then ${actor} else started_by end,
      running_since = case when ${isStarting} then clock_timestamp() else running_since end,
      acted_before = case when ${isStarting} then redriven_count + skipped_count + recalled_count else acted_before end,
      paced_until = case when ${isStarting} then clock_timestamp() else paced_until end,
      ended_at = case when ${to} = 'stopped' then coalesce(ended_at, clock_timestamp()) else ended_at end,
      recall_asked_at = case when ${isRecall} then clock_timestamp() else recall_asked_at end,
      recalled_by = case when ${isRecall} then ${actor} else recalled_by end,
      recall_reason = case when ${isRecall} then ${reason}::text else recall_reason end
    where id = ${id}`.execute(executor)
}

const ACTIONS: Readonly<Record<RedriveCommand, string>> = {
  execute: 'redrive.started',
  pause: 'redrive.paused',
  resume: 'redrive.resumed',
  stop: 'redrive.stopped',
  recall: 'redrive.recalled',
}

async function audit(
  executor: Executor,
  { id, command, auditId, actor, reason }: RedriveOrderCommand,
): Promise<void> {
  await sql`
    insert into audit_entries (id, tenant_id, actor, action, reason, details)
    select ${auditId}, tenant_id, ${actor}, ${ACTIONS[command]}, ${reason}::text,
      jsonb_build_object('redriveId', id, 'redriven', redriven_count, 'skipped', skipped_count, 'memberCount', member_count)
    from redrives where id = ${id}`.execute(executor)
}
