import type { BrokerEvidence, DeadLetterResource } from '@redrive/shared/contract'
import type { AttemptView, DeadLetterView } from '@redrive/shared/database'
import { explainDeadLetter } from '@redrive/shared/task'
import { isUtf8 } from 'node:buffer'
import { maskAttempts, maskDeadLetter, secretsIn } from './mask-views.ts'
import { retainedUntil } from './retained-until.ts'
import { toAttempt } from './to-attempt.ts'
import { toCrashEvidence } from './to-crash-evidence.ts'
import { toError } from './to-error.ts'

export interface DeadLetterShowing {
  /** How long dead letters are kept; 0 for ever. */
  readonly retentionDays: number
}

/** A dead letter as the api shows it, with its task's attempts up to this death; what is sensitive is masked. */
export function toDeadLetter(
  view: DeadLetterView,
  made: readonly AttemptView[],
  { retentionDays }: DeadLetterShowing,
): DeadLetterResource {
  const secrets = secretsIn([view])
  const letter = maskDeadLetter(view, secrets)
  const attempts = maskAttempts(made, secrets)
  return {
    id: letter.id,
    taskId: letter.taskId,
    tenant: letter.tenant,
    type: letter.type,
    lane: letter.lane,
    user: letter.user,
    tags: letter.tags,
    state: letter.state,
    reason: letter.reason,
    error: toError(letter.error),
    fingerprint: letter.fingerprint,
    broker: toEvidence(letter.broker),
    evidence: toCrashEvidence(letter.evidence),
    diedAt: letter.diedAt.toISOString(),
    openedAt: letter.openedAt?.toISOString() ?? null,
    closedAt: letter.closedAt?.toISOString() ?? null,
    closedBy: letter.closedBy,
    closingReason: letter.closingReason,
    retainedUntil: retainedUntil(letter, retentionDays),
    attemptCount: letter.attemptCount,
    workerVersion: letter.workerVersion,
    redriveId: letter.redriveId,
    input: letter.input ?? null,
    attempts: attempts.map(toAttempt),
    raw: toRaw(letter),
    explanation: explainDeadLetter({ ...letter, attempts: letter.taskId === null ? null : attempts }),
  }
}

/** The evidence came from a message that anybody may have sent, so each part is shown only where it is what it should be. */
function toEvidence(broker: Readonly<Record<string, unknown>> | null): BrokerEvidence | null {
  if (broker === null) return null
  const { headers, count } = broker
  const text = (name: string): string | null => (typeof broker[name] === 'string' ? broker[name] : null)
  return {
    queue: text('queue'),
    exchange: text('exchange'),
    routingKey: text('routingKey'),
    reason: text('reason'),
    count: typeof count === 'number' ? count : null,
    time: text('time'),
    headers: typeof headers === 'object' && headers !== null ? (headers as Record<string, unknown>) : null,
  }
}

function toRaw({ raw, rawContentType }: DeadLetterView): DeadLetterResource['raw'] {
  if (raw === null) return null
  const encoding = isUtf8(raw) ? 'utf8' : 'base64'
  return { encoding, body: raw.toString(encoding), contentType: rawContentType }
}
