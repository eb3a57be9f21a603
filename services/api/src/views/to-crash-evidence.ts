import type { CrashEvidenceResource } from '@redrive/shared/contract'
import type { CrashEvidence } from '@redrive/shared/task'

export function toCrashEvidence(evidence: CrashEvidence | null): CrashEvidenceResource | null {
  return evidence === null ? null : { ...evidence, lastOutput: [...evidence.lastOutput] }
}
