import { z } from 'zod'
import {
  LANES,
  MAX_ATTEMPTS,
  MAX_DELAY_MS,
  MAX_TAG_LENGTH,
  MAX_TAGS,
  MAX_TIMEOUT_MS,
  MAX_USER_LENGTH,
} from '../task/index.ts'
import { callbackUrlSchema } from './callback-url-schema.ts'
import { retryChangesSchema } from './retry-policy-schema.ts'
import { sentInstantSchema } from './sent-instant-schema.ts'

/** A task to be: what a client submits. Unknown properties are refused, so that a slip of the pen is heard of. */
export const newTaskSchema = z
  .strictObject({
    type: z
      .string()
      .min(1)
      .max(100)
      .meta({ description: 'A registered task type.', examples: ['math.add'] }),
    input: z
      .unknown()
      .meta({ description: 'Must fit the input schema of the type.', examples: [{ a: 2, b: 3 }] }),
    lane: z.enum(LANES).optional().meta({ description: 'The type’s own lane unless given.' }),
    delayMs: z
      .int()
      .min(0)
      .max(MAX_DELAY_MS)
      .optional()
      .meta({ description: 'Runs so many milliseconds after its acceptance. Not together with `runAt`.' }),
    runAt: sentInstantSchema
      .optional()
      .meta({ description: 'Runs at this time, or now if it has passed. Not together with `delayMs`.' }),
    expiresAt: sentInstantSchema.optional().meta({
      description:
        'No attempt begins at this time or later. A task that waits then ends as `expired`; one that fails is not retried beyond it.',
    }),
    maxAttempts: z
      .int()
      .min(1)
      .max(MAX_ATTEMPTS)
      .optional()
      .meta({ description: 'The type’s own number unless given.' }),
    retry: retryChangesSchema
      .optional()
      .meta({ description: 'What of the type’s retry policy is to be otherwise for this task.' }),
    timeoutMs: z
      .int()
      .min(1)
      .max(MAX_TIMEOUT_MS)
      .optional()
      .meta({ description: 'The longest that one attempt may run.' }),
    tags: z
      .array(z.string().min(1).max(MAX_TAG_LENGTH))
      .max(MAX_TAGS)
      .optional()
      .meta({ description: 'Words to find the task by.' }),
    user: z
      .string()
      .min(1)
      .max(MAX_USER_LENGTH)
      .optional()
      .meta({ description: 'On whose behalf the task is submitted, in your words.' }),
    callbackUrl: callbackUrlSchema.optional(),
  })
  .check((context) => {
    // A time that is none has its own complaint, and what it would conflict with is anybody's guess.
    const faulty = new Set(context.issues.map((issue) => issue.path?.[0]))
    for (const { path, message } of findConflicts(context.value).filter((one) => !faulty.has(one.path[0])))
      context.issues.push({ code: 'custom', path: [...path], message, input: context.value })
  })
  .meta({ id: 'NewTask' })

export type NewTaskBody = z.infer<typeof newTaskSchema>

interface Conflict {
  readonly path: readonly string[]
  readonly message: string
}

interface Sent {
  readonly delayMs?: number | undefined
  readonly runAt?: string | undefined
  readonly expiresAt?: string | undefined
  readonly maxAttempts?: number | undefined
  readonly retry?: { readonly maxAttempts?: number | undefined } | undefined
}

/** What no single field shows. */
function findConflicts(sent: Sent): readonly Conflict[] {
  return [...findRunAtConflicts(sent), ...findExpiryConflicts(sent), ...findAttemptsConflicts(sent)]
}

function findRunAtConflicts({ delayMs, runAt }: Sent): readonly Conflict[] {
  if (runAt === undefined) return []
  const path = ['runAt']
  if (delayMs !== undefined) return [{ path, message: 'cannot be given together with "delayMs"' }]
  return isTooFar(runAt) ? [{ path, message: TOO_FAR }] : []
}

/** n.b. By this host's clock: a deadline that has passed only by the ledger's is kept there, and the task expires. */
function findExpiryConflicts({ delayMs, runAt, expiresAt }: Sent): readonly Conflict[] {
  if (expiresAt === undefined) return []
  const path = ['expiresAt']
  const at = Date.parse(expiresAt)
  if (at <= Date.now()) return [{ path, message: 'must be in the future' }]
  if (isTooFar(expiresAt)) return [{ path, message: TOO_FAR }]
  if (runAt !== undefined && at <= Date.parse(runAt)) return [{ path, message: 'must be after "runAt"' }]
  if (delayMs !== undefined && at <= Date.now() + delayMs)
    return [{ path, message: 'must be after the time to which "delayMs" leads' }]
  return []
}

function findAttemptsConflicts({ maxAttempts, retry }: Sent): readonly Conflict[] {
  if (maxAttempts === undefined || retry?.maxAttempts === undefined || retry.maxAttempts === maxAttempts)
    return []
  const message = `differs from "maxAttempts", which is ${maxAttempts}: expected one of them, or twice the same`
  return [{ path: ['retry', 'maxAttempts'], message }]
}

const TOO_FAR = `is further ahead than ${MAX_DELAY_MS / 86_400_000} days`

function isTooFar(instant: string): boolean {
  return Date.parse(instant) > Date.now() + MAX_DELAY_MS
}
