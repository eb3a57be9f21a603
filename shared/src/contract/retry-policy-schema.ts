import { z } from 'zod'
import {
  MAX_ATTEMPTS,
  MAX_DELAY_MS,
  MAX_RETRY_DELAYS,
  MAX_RETRY_FACTOR,
  RETRY_JITTERS,
  RETRY_STRATEGIES,
} from '../task/index.ts'

const descriptions = {
  strategy:
    'How the delays grow. `fixed`: always `baseDelayMs`. `linear`: `baseDelayMs` × attempt. `exponential`: `baseDelayMs` × `factor` ^ (attempt - 1). `list`: those of `delaysMs`, the last one again and again.',
  maxDelayMs: 'Where linear and exponential delays end.',
  delaysMs: 'The delays after attempt 1, 2, …, for the strategy `list` only.',
  jitter:
    '`full`: the delay is drawn between 0 and what the strategy gives. Unless given, `none` with the strategies `fixed` and `list`.',
  maxAgeMs:
    'No further attempt is planned for later than this after the task was submitted or redriven; null: no such limit.',
}

/** A whole policy, as a task type has it. */
export const retryPolicySchema = z
  .object({
    maxAttempts: z.int(),
    strategy: z.enum(RETRY_STRATEGIES).meta({ description: descriptions.strategy }),
    baseDelayMs: z.number(),
    factor: z.number(),
    maxDelayMs: z.number().meta({ description: descriptions.maxDelayMs }),
    delaysMs: z.array(z.number()).meta({ description: descriptions.delaysMs }),
    jitter: z.enum(RETRY_JITTERS).meta({ description: descriptions.jitter }),
    maxAgeMs: z.number().nullable().meta({ description: descriptions.maxAgeMs }),
  })
  .meta({ id: 'RetryPolicy' })

const delay = z.int().min(0).max(MAX_DELAY_MS)

/**
 * What a task wants otherwise than its type. Strategy and list go together, so that no list is given in vain.
 * n.b. Keep together with `findRetryFaults`, which says the same of a type's policy; a test compares them.
 */
export const retryChangesSchema = z
  .strictObject({
    maxAttempts: z
      .int()
      .min(1)
      .max(MAX_ATTEMPTS)
      .optional()
      .meta({ description: 'The same as the task’s own `maxAttempts`; one of them is enough.' }),
    strategy: z.enum(RETRY_STRATEGIES).optional().meta({ description: descriptions.strategy }),
    baseDelayMs: delay.optional(),
    factor: z.number().min(1).max(MAX_RETRY_FACTOR).optional(),
    maxDelayMs: delay.optional().meta({ description: descriptions.maxDelayMs }),
    delaysMs: z
      .array(delay)
      .min(1)
      .max(MAX_RETRY_DELAYS)
      .optional()
      .meta({ description: descriptions.delaysMs }),
    jitter: z.enum(RETRY_JITTERS).optional().meta({ description: descriptions.jitter }),
    maxAgeMs: z
      .int()
      .min(1)
      .max(MAX_DELAY_MS)
      .nullable()
      .optional()
      .meta({ description: descriptions.maxAgeMs }),
  })
  .check((context) => {
    const { strategy, delaysMs } = context.value
    const add = (field: string, message: string): void => {
      context.issues.push({ code: 'custom', path: [field], message, input: context.value })
    }
    if (strategy === 'list' && delaysMs === undefined)
      add('delaysMs', 'is missing: the strategy "list" needs its delays')
    if (strategy !== 'list' && delaysMs !== undefined)
      add('delaysMs', 'is for the strategy "list" only: expected "strategy": "list" beside it')
  })
  .meta({ id: 'RetryChanges' })
