import type { Middleware } from 'koa'
import { ProblemError } from '../problem-error.ts'
import type { Authenticator } from './authenticator.ts'
import type { RequestState } from './request-state.ts'
import type { Route } from './route.ts'

/**
 * Answers what no route took: OPTIONS with the methods of the address, another method with 405, another address with 404.
 * Under /api only to those with a key, so that nobody else learns what is there.
 */
export function refuseUnrouted(
  routes: readonly Route[],
  authenticator: Authenticator,
): Middleware<RequestState> {
  const patterns = routes.map(({ path, method }) => ({ pattern: toPattern(path), method }))
  return (context) => {
    if (/^\/api(\/|$)/i.test(context.path)) authenticator.authenticate(context.req)
    const methods = new Set(
      patterns.flatMap(({ pattern, method }) => (pattern.test(context.path) ? [method] : [])),
    )
    if (methods.size === 0)
      throw new ProblemError('ROUTE_NOT_FOUND', { detail: `There is nothing at ${context.path}.` })
    const allow = [...methods, ...(methods.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
    if (context.method === 'OPTIONS') {
      context.set('Allow', allow)
      context.status = 204
      return
    }
    const detail = `${context.path} has no method ${context.method}; it has ${allow}.`
    throw new ProblemError('METHOD_NOT_ALLOWED', { detail, headers: { allow } })
  }
}

function toPattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`)
}
