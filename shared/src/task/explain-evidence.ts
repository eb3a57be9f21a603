import type { CrashEvidence } from './crash-evidence.ts'

const MAX_LINES = 3
const MAX_LINE = 200
const BYTES_PER_MB = 1_000_000

/** How a process ended and what was seen of it, as one sentence; nothing without evidence. Pure. */
export function explainEvidence(evidence: CrashEvidence | null | undefined): string {
  if (evidence === null || evidence === undefined) return ''
  const { memoryPeakBytes, lastOutput } = evidence
  const memory =
    memoryPeakBytes === null ? '' : `; memory peak ${Math.round(memoryPeakBytes / BYTES_PER_MB)} MB`
  return `Its process ended ${describeEnding(evidence)}${memory}; ${describeOutput(lastOutput)}.`
}

/** "with exit code 9", or "by SIGABRT". */
export function describeEnding({ exitCode, signal }: Pick<CrashEvidence, 'exitCode' | 'signal'>): string {
  if (signal !== null) return `by ${signal}`
  return exitCode === null ? 'in a way that was not seen' : `with exit code ${exitCode}`
}

function describeOutput(lines: readonly string[]): string {
  if (lines.length === 0) return 'it wrote nothing'
  const shown = lines
    .slice(-MAX_LINES)
    .map((line) => (line.length > MAX_LINE ? `${line.slice(0, MAX_LINE).toWellFormed()}…` : line))
  return `last output: ${shown.map((line) => `"${line.trim()}"`).join(', ')}`
}
