import { Router } from '@koa/router'
import Koa from 'koa'
import type { ApiParts } from '../api-parts.ts'
import { Authenticator } from './authenticator.ts'
import { observeRequests } from './observe-requests.ts'
import { refuseHostless } from './refuse-hostless.ts'
import { refuseUnrouted } from './refuse-unrouted.ts'
import type { RequestState } from './request-state.ts'
import type { Route } from './route.ts'
import { securityHeaders } from './security-headers.ts'
import { serveRoute } from './serve-route.ts'

/** The application: every route is registered here and nowhere else. */
export function createApp(routes: readonly Route[], api: ApiParts): Koa<RequestState> {
  const app = new Koa<RequestState>()
  const authenticator = new Authenticator(api.settings.adminApiKey)
  // Addresses are compared as they are: two spellings of one address are two chances to guard only one of them.
  const router = new Router<RequestState>({ sensitive: true, strict: true })
  for (const route of routes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
    router.register(path, [route.method], serveRoute(route, api, authenticator) as never)
  }
  // Errors are answered and reported by the outermost middleware; what is left are broken connections.
  app.on('error', () => undefined)
  app.use(observeRequests(api.events))
  app.use(securityHeaders)
  app.use(refuseHostless)
  app.use(router.routes() as never)
  app.use(refuseUnrouted(routes, authenticator))
  return app
}
