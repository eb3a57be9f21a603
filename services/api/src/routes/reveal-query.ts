import { reasonSchema } from '@redrive/shared/contract'
import { recordReveal } from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { requireScope } from '../http/require-scope.ts'
import type { RouteRequest } from '../http/route.ts'

/** Asks for masked values to be shown. */
export const revealQuery = z
  .strictObject({
    reveal: z.enum(['true', 'false']).optional().meta({
      description:
        'With `true`, sensitive values are shown; takes the scope `inputs:reveal`, and is audited.',
    }),
    reason: reasonSchema
      .min(1)
      .refine((text) => !text.includes('\0'), 'contains U+0000, which cannot be stored')
      .optional()
      .meta({ description: 'Why they are looked at, for the audit. Only with `reveal=true`.' }),
  })
  .refine(({ reveal, reason }) => reason === undefined || reveal === 'true', {
    path: ['reason'],
    message: 'is only for reveal=true',
  })

type RevealRequest = Pick<
  RouteRequest<unknown, z.output<typeof revealQuery>>,
  'caller' | 'query' | 'requestId'
>

/** Whether masked values are asked for. Throws SCOPE_REQUIRED for a caller who may not see them. */
export function isRevealAsked({ query, caller }: RevealRequest): boolean {
  if (query.reveal !== 'true') return false
  requireScope(caller, 'inputs:reveal', 'To see masked values')
  return true
}

/** Writes down that they are shown, before they are: an answer without its entry in the audit cannot be given. */
export async function auditReveal(
  { caller, query, requestId }: RevealRequest,
  of: { readonly tenantId: string; readonly taskId: string | null; readonly deadLetterId: string | null },
  { db }: ApiParts,
): Promise<void> {
  const { actor } = caller
  const reveal = { auditId: newId(), actor, reason: query.reason ?? null, details: { requestId }, ...of }
  // The id makes it repeatable like a read.
  await repeatRead(() => recordReveal(db, reveal))
}
