import { operatorNoteSchema } from '@redrive/shared/contract'
import type { RouteBody } from '../http/route.ts'

/** The body of a command that takes a reason, or nothing at all. */
export function operatorNoteBody(exampleReason: string): RouteBody<typeof operatorNoteSchema> {
  return {
    schema: operatorNoteSchema,
    limit: 'small',
    isOptional: true,
    example: { reason: exampleReason },
  }
}
