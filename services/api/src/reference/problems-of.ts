import type { Route } from '../http/route.ts'
import type { ProblemCode } from '../problems.ts'

const OF_EVERY_ROUTE = ['INTERNAL_ERROR', 'MALFORMED_REQUEST'] as const
const OF_KEYS = ['AUTHENTICATION_REQUIRED', 'SERVER_BUSY', 'TOO_MANY_FAILED_AUTHENTICATIONS'] as const
const OF_BODIES = [
  'BODY_TOO_LARGE',
  'INVALID_BODY',
  'INVALID_JSON',
  'REQUEST_TIMEOUT',
  'UNSUPPORTED_CONTENT_ENCODING',
  'UNSUPPORTED_MEDIA_TYPE',
] as const

/** Every problem that a route can answer with: its own, and those of the parts that it is made of. */
export function problemsOf(route: Route): readonly ProblemCode[] {
  return [
    ...new Set<ProblemCode>([
      ...route.problems,
      ...OF_EVERY_ROUTE,
      ...(route.access === 'public' ? [] : OF_KEYS),
      // Also without any parameter: one that is not known is refused.
      'INVALID_QUERY',
      ...(route.body === undefined ? [] : OF_BODIES),
    ]),
  ]
}
