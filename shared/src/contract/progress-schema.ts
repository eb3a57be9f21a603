import { z } from 'zod'

/** How far a handler says it is. */
export const progressSchema = z
  .object({ done: z.number(), total: z.number().optional(), note: z.string().optional() })
  .meta({ id: 'Progress', description: 'How far the handler says it is.' })
