import { MAX_ATTEMPTS, MAX_DELAY_MS, MAX_RETRY_DELAYS, MAX_RETRY_FACTOR } from './limits.ts'
import { RETRY_JITTERS, RETRY_STRATEGIES, type RetryPolicy } from './retry-policy.ts'

export interface RetryFault {
  readonly field: string
  /** Goes after the field's name. */
  readonly complaint: string
}

interface Rule {
  readonly isMet: (value: unknown) => boolean
  readonly expected: string
}

const within =
  (lowest: number, highest: number) =>
  (value: unknown): boolean =>
    typeof value === 'number' && value >= lowest && value <= highest

const isWhole = (value: unknown): boolean => Number.isInteger(value)
const isDelay = within(0, MAX_DELAY_MS)

const delay: Rule = { isMet: isDelay, expected: `from 0 to ${MAX_DELAY_MS}` }

// Keep together with retryChangesSchema in shared/src/contract, which says the same to clients; a test compares them.
const RULES: Readonly<Record<keyof RetryPolicy, Rule>> = {
  maxAttempts: {
    isMet: (value) => isWhole(value) && within(1, MAX_ATTEMPTS)(value),
    expected: `a whole number from 1 to ${MAX_ATTEMPTS}`,
  },
  strategy: {
    isMet: (value) => (RETRY_STRATEGIES as readonly unknown[]).includes(value),
    expected: `one of ${RETRY_STRATEGIES.join(', ')}`,
  },
  baseDelayMs: delay,
  factor: { isMet: within(1, MAX_RETRY_FACTOR), expected: `from 1 to ${MAX_RETRY_FACTOR}` },
  maxDelayMs: delay,
  delaysMs: {
    isMet: (value) => Array.isArray(value) && value.length <= MAX_RETRY_DELAYS && value.every(isDelay),
    expected: `up to ${MAX_RETRY_DELAYS} delays, each from 0 to ${MAX_DELAY_MS}`,
  },
  jitter: {
    isMet: (value) => (RETRY_JITTERS as readonly unknown[]).includes(value),
    expected: `one of ${RETRY_JITTERS.join(', ')}`,
  },
  maxAgeMs: {
    isMet: (value) => value === null || within(1, MAX_DELAY_MS)(value),
    expected: `null, or from 1 to ${MAX_DELAY_MS}`,
  },
}

/** What is wrong with a whole policy, by field; what it has beyond its fields is wrong, too: mostly a slip of the pen. */
export function findRetryFaults(policy: RetryPolicy): readonly RetryFault[] {
  const faults: RetryFault[] = Object.keys(policy)
    .filter((field) => !Object.hasOwn(RULES, field))
    .map((field) => ({ field, complaint: `is not known; there are ${Object.keys(RULES).join(', ')}` }))
  for (const [field, { isMet, expected }] of Object.entries(RULES)) {
    if (!isMet(policy[field as keyof RetryPolicy])) faults.push({ field, complaint: `must be ${expected}` })
  }
  if (policy.strategy === 'list' && Array.isArray(policy.delaysMs) && policy.delaysMs.length === 0)
    faults.push({ field: 'delaysMs', complaint: 'must name at least one delay for the strategy "list"' })
  if (policy.strategy !== 'list' && Array.isArray(policy.delaysMs) && policy.delaysMs.length > 0)
    faults.push({ field: 'delaysMs', complaint: 'is for the strategy "list" only' })
  return faults
}
