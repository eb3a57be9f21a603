import { type CrashEvidence, maskError, maskText, maskTexts, secretsOf } from '@redrive/shared/task'
import type { AttemptOutcome } from '@redrive/shared/protocol'
import type { RunningAttempt } from './running-attempts.ts'

/**
 * An outcome whose words repeat none of the input's sensitive values. Done before the ledger, a log line or a group's title
 * gets to see an error, since what is written there once is shown in many places. Results stay: handlers mean them. Pure.
 */
export function maskOutcome(
  outcome: AttemptOutcome,
  { claimed, type }: Pick<RunningAttempt, 'claimed' | 'type'>,
): AttemptOutcome {
  const { sensitive = [] } = type
  if (sensitive.length === 0) return outcome
  if ('error' in outcome) {
    const { evidence } = outcome as { evidence?: CrashEvidence }
    return {
      ...outcome,
      error: maskError(outcome.error, secrets()),
      ...(evidence !== undefined && { evidence: maskTexts(evidence, secrets()) as CrashEvidence }),
    }
  }
  if ('reason' in outcome) return { ...outcome, reason: maskText(outcome.reason, secrets()) }
  return outcome

  function secrets(): readonly string[] {
    return secretsOf(claimed.input, sensitive)
  }
}
