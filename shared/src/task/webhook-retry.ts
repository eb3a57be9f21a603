import type { RetryPolicy } from './retry-policy.ts'

/** Three days and four hours of patience: the example of the Standard Webhooks specification. */
const DELAYS_MS = [
  5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000,
] as const

/** One more than there are delays between them. */
export const WEBHOOK_ATTEMPTS = DELAYS_MS.length + 1

/** How patient a webhook is with a receiver that is down. No jitter: deliveries are spread as what they tell of was. */
export const WEBHOOK_RETRY = {
  strategy: 'list',
  jitter: 'none',
  delaysMs: DELAYS_MS,
} as const satisfies Partial<RetryPolicy>
