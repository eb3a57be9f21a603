import { z } from 'zod'
import type { Answer } from '../http/answer.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { ProblemError } from '../problem-error.ts'
import { errorsPage } from '../reference/errors-page.ts'
import { referenceAsset } from '../reference/reference-asset.ts'
import { REFERENCE_PAGE } from '../reference/reference-page.ts'

const HTML = 'text/html; charset=utf-8'

const page = (description: string) => ({ 200: { description, contentType: 'text/html' } })

/** The reference for people: everything is served from here, nothing is loaded from elsewhere. */
export const referenceRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/docs',
    operationId: 'getReference',
    tag: 'Service',
    summary: 'This reference, as a page',
    access: 'public',
    responses: page('The page.'),
    problems: [],
    handle: () => ({ status: 200, content: { type: HTML, data: REFERENCE_PAGE } }),
  }),
  defineRoute({
    method: 'GET',
    path: '/docs/errors',
    operationId: 'getErrorReference',
    tag: 'Service',
    summary: 'Every error code, what it means and what to do',
    access: 'public',
    responses: page('The page.'),
    problems: [],
    handle: () => ({ status: 200, content: { type: HTML, data: errorsPage() } }),
  }),
  defineRoute({
    method: 'GET',
    path: '/docs/assets/{name}',
    operationId: 'getReferenceAsset',
    tag: 'Service',
    summary: 'A script or style sheet of the reference page',
    access: 'public',
    params: z.object({ name: z.string() }),
    responses: { 200: { description: 'The file.', contentType: '*/*' } },
    problems: ['ROUTE_NOT_FOUND'],
    handle: getAsset,
  }),
]

async function getAsset({ params }: RouteRequest<{ name: string }>): Promise<Answer> {
  const asset = await referenceAsset(params.name)
  if (asset === null) throw new ProblemError('ROUTE_NOT_FOUND', { detail: 'There is no such file.' })
  // Versioned by nothing, so only briefly; large enough to be worth that.
  return { status: 200, headers: { 'cache-control': 'public, max-age=3600' }, content: asset }
}
