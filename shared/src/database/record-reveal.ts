import type { Executor } from './ledger.ts'

export interface Reveal {
  readonly auditId: string
  readonly tenantId: string
  readonly actor: string
  readonly taskId: string | null
  readonly deadLetterId: string | null
  readonly reason: string | null
  readonly details: Readonly<Record<string, unknown>>
}

/** Writes down who is about to see a masked input; before it is shown. Repeating it writes nothing more. */
export async function recordReveal(executor: Executor, reveal: Reveal): Promise<void> {
  const { auditId, tenantId, actor, taskId, deadLetterId, reason, details } = reveal
  await executor
    .insertInto('audit_entries')
    .values({
      id: auditId,
      tenant_id: tenantId,
      actor,
      action: 'input.revealed',
      task_id: taskId,
      dead_letter_id: deadLetterId,
      reason,
      details: JSON.stringify(details),
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
}
