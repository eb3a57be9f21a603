import helmet from 'koa-helmet'
import type { Middleware } from 'koa'

/** Only the reference pages load anything; scripts and styles come from this server, and images also from within them. */
const PAGES = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
}

const COMMON = {
  frameguard: { action: 'deny' },
  hsts: { maxAge: 31_536_000, includeSubDomains: true },
  referrerPolicy: { policy: 'no-referrer' },
  // Relics of browsers that nobody has any more.
  dnsPrefetchControl: false,
  ieNoOpen: false,
  originAgentCluster: false,
  permittedCrossDomainPolicies: false,
  xssFilter: false,
} as const

const forData = helmet({
  ...COMMON,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
})

const forPages = helmet({
  ...COMMON,
  contentSecurityPolicy: { useDefaults: false, directives: PAGES },
})

/** The headers that keep a browser from doing anything with an answer but reading it. */
export const securityHeaders: Middleware = (context, next) => {
  context.set('Cache-Control', 'no-store')
  return context.path.startsWith('/docs') ? forPages(context, next) : forData(context, next)
}
