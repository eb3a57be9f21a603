import { listedAuditEntrySchema, pageSchema, sentInstantSchema } from '@redrive/shared/contract'
import { type AuditFilter, listAuditPage } from '@redrive/shared/database'
import { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { findPage } from '../http/find-page.ts'
import { isUuid } from '../http/is-uuid.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { visibleTenants } from '../tenants/visible-tenants.ts'
import { EXAMPLES } from './examples.ts'
import { cursorParameter, limitParameter, wordParameter } from './query-schemas.ts'

const idWord = wordParameter.refine((id) => id === undefined || isUuid(id), 'expected an id')

const listQuery = z.strictObject({
  action: wordParameter.meta({ description: 'What was done.', examples: ['dead_letter.redriven'] }),
  actor: wordParameter.meta({ description: 'Who did it.' }),
  taskId: idWord,
  deadLetterId: idWord,
  redriveId: idWord.meta({ description: 'A redrive of many, with what was done to each member.' }),
  fingerprint: wordParameter.meta({ description: 'What was done to a group.' }),
  after: sentInstantSchema.optional(),
  before: sentInstantSchema.optional(),
  limit: limitParameter,
  cursor: cursorParameter,
})

type ListQuery = z.output<typeof listQuery>

/** What operators did: an append-only list, in which nothing is ever changed or deleted. */
export const auditRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/audit',
    operationId: 'listAuditEntries',
    tag: 'Audit',
    summary: 'What was done by whom, newest first',
    description:
      'Every redrive, edit, recall, discard, restore, cancellation and look at masked values; each was written with what it tells of.',
    access: 'audit:read',
    query: listQuery,
    responses: {
      200: {
        description: 'A page.',
        schema: pageSchema(listedAuditEntrySchema),
        example: { items: [EXAMPLES.auditEntry], nextCursor: null },
      },
    },
    problems: ['INVALID_CURSOR', 'DATABASE_UNAVAILABLE'],
    handle: listAudit,
  }),
]

async function listAudit(
  { query, caller }: RouteRequest<unknown, ListQuery>,
  api: ApiParts,
): Promise<Answer> {
  const { limit, cursor, ...sent } = query
  const tenants = await repeatRead(() => visibleTenants(caller, api))
  const match = { tenantIds: tenants.map(({ id }) => id), filter: toFilter(sent) }
  const page = await findPage({ limit, cursor, list: { list: 'audit', ...sent } }, (part) =>
    repeatRead(() => listAuditPage(api.db, { ...match, ...part })),
  )
  const items = page.rows.map(({ at, ...entry }) => ({ ...entry, at: at.toISOString() }))
  return { status: 200, json: { items, nextCursor: page.nextCursor } }
}

function toFilter({ after, before, ...words }: Omit<ListQuery, 'limit' | 'cursor'>): AuditFilter {
  const given = Object.entries(words).filter(([, word]) => word !== undefined)
  return {
    ...Object.fromEntries(given),
    ...(after !== undefined && { after: new Date(after) }),
    ...(before !== undefined && { before: new Date(before) }),
  }
}
