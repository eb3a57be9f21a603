import {
  DEFAULT_RETRY_POLICY,
  delayCeilingMs,
  describeDuration,
  MAX_ATTEMPTS,
  MAX_RETRY_DELAYS,
  MAX_RETRY_FACTOR,
  mergeRetryPolicy,
  type RetryPolicy,
} from '@redrive/shared/task'
import { generatedPart } from './generated-document.ts'
import { code, markdownTable } from './markdown-table.ts'

const PREFACE = `# Retries and deadlines`

const MEANINGS: Readonly<Record<keyof RetryPolicy, string>> = {
  maxAttempts: `How many attempts are charged at most, up to ${MAX_ATTEMPTS}.`,
  strategy:
    '`fixed`: always `baseDelayMs`. `linear`: `baseDelayMs` × attempt. `exponential`: `baseDelayMs` × `factor` ^ (attempt - 1). `list`: those of `delaysMs`.',
  baseDelayMs: 'The delay after the first attempt.',
  factor: `How much longer each exponential delay is than the one before, up to ${MAX_RETRY_FACTOR}.`,
  maxDelayMs: 'Where linear and exponential delays end.',
  delaysMs: `For \`list\` only: the delays after attempt 1, 2, …, up to ${MAX_RETRY_DELAYS}; the last one is used again.`,
  jitter:
    '`full`: the delay is drawn between 0 and what the strategy gives. `none`: it is that; so with `fixed` and `list`, unless given.',
  maxAgeMs: 'No further attempt is planned for later than this after the task’s life began.',
}

const POLICIES: readonly Partial<RetryPolicy>[] = [
  {},
  { strategy: 'fixed', baseDelayMs: 30_000 },
  { strategy: 'linear', baseDelayMs: 30_000, jitter: 'none', maxDelayMs: 120_000 },
  { baseDelayMs: 2_000, factor: 3, maxDelayMs: 60_000, jitter: 'none' },
  { strategy: 'list', delaysMs: [5_000, 300_000, 7_200_000] },
]
const ATTEMPTS = [1, 2, 3, 4, 5, 6]

export const retries = generatedPart(
  'docs/retries.md',
  PREFACE,
  () => `## The policy

${fieldsTable()}

## Worked examples

What follows attempt 1, 2, … for some policies. The last column says where the delays end, however many attempts there are.

${delaysTable()}`,
)

function fieldsTable(): string {
  const rows = Object.entries(MEANINGS).map(([field, meaning]) => {
    const value = DEFAULT_RETRY_POLICY[field as keyof RetryPolicy]
    return [code(field), code(JSON.stringify(value)), meaning]
  })
  return markdownTable(['field', 'unless given', 'meaning'], rows)
}

function delaysTable(): string {
  const head = ['policy', ...ATTEMPTS.map((attempt) => `after ${attempt}`), 'in the end']
  return markdownTable(head, POLICIES.map(delaysRow))
}

function delaysRow(changes: Partial<RetryPolicy>): readonly string[] {
  const policy = mergeRetryPolicy(DEFAULT_RETRY_POLICY, changes)
  const delays = [...ATTEMPTS, MAX_ATTEMPTS].map((attempt) => {
    const delay = describeDuration(delayCeilingMs(policy, attempt))
    return policy.jitter === 'full' ? `0 to ${delay}` : delay
  })
  return [Object.keys(changes).length === 0 ? 'the default' : code(JSON.stringify(changes)), ...delays]
}
