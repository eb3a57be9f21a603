import { z } from 'zod'

/** One thing that is wrong with a request, and where. */
export const fieldErrorSchema = z
  .object({
    path: z.string().meta({
      description: 'JSON Pointer into the body, or the name of a parameter.',
      examples: ['/input/a'],
    }),
    message: z.string(),
    expected: z.string().optional(),
    code: z.string().optional().meta({ description: 'Given where it differs from the problem’s own code.' }),
    index: z.int().optional().meta({ description: 'In a bulk submission: which task, from 0.' }),
  })
  .meta({ id: 'FieldError' })

/** Every error of the api: RFC 9457 with a stable code. */
export const problemSchema = z
  .looseObject({
    type: z.string().meta({ examples: ['/docs/errors#task-not-found'] }),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ examples: ['TASK_NOT_FOUND'] }),
    detail: z.string(),
    requestId: z.string(),
    errors: z.array(fieldErrorSchema).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' })

export type FieldError = z.infer<typeof fieldErrorSchema>
export type Problem = z.infer<typeof problemSchema>
