import { z } from 'zod'
import { LANES, MAX_ATTEMPTS, MAX_DELAY_MS, MAX_TAG_LENGTH, MAX_TAGS, MAX_TIMEOUT_MS } from '../task/index.ts'
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
    maxAttempts: z
      .int()
      .min(1)
      .max(MAX_ATTEMPTS)
      .optional()
      .meta({ description: 'The type’s own number unless given.' }),
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
  })
  .check((context) => {
    const { delayMs, runAt } = context.value
    if (runAt === undefined) return
    if (delayMs !== undefined) {
      const message = 'cannot be given together with "delayMs"'
      context.issues.push({ code: 'custom', path: ['runAt'], message, input: runAt })
    } else if (Date.parse(runAt) > Date.now() + MAX_DELAY_MS) {
      const message = `is further ahead than ${MAX_DELAY_MS / 86_400_000} days`
      context.issues.push({ code: 'custom', path: ['runAt'], message, input: runAt })
    }
  })
  .meta({ id: 'NewTask' })

export type NewTaskBody = z.infer<typeof newTaskSchema>
