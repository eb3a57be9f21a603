import { z } from 'zod'
import type { TaskError } from '../task/index.ts'

/** An error anywhere in a task's life. */
export const taskErrorSchema: z.ZodType<TaskError> = z
  .object({
    type: z.string().meta({ description: 'The name of the error’s class.' }),
    message: z.string(),
    code: z.string().optional(),
    stack: z.string().optional(),
    get cause() {
      return taskErrorSchema.optional()
    },
  })
  .meta({ id: 'TaskError', description: 'What was thrown, with its causes.' }) as z.ZodType<TaskError>
