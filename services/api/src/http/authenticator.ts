import { DEFAULT_TENANT_ID } from '@redrive/shared/task'
import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { ProblemError } from '../problem-error.ts'
import type { Caller } from './caller.ts'
import { FailedAttempts } from './failed-attempts.ts'
import { SCOPES } from './scope.ts'

const ADMINISTRATOR: Caller = Object.freeze({
  tenantId: DEFAULT_TENANT_ID,
  tenant: 'default',
  actor: 'administrator',
  visibility: 'all',
  scopes: SCOPES,
})
const CHALLENGE = 'Bearer realm="redrive", Basic realm="redrive", charset="UTF-8"'

/** Knows whose key a request carries. Keys are compared as digests in constant time and are never logged. */
export class Authenticator {
  readonly #administratorDigest: Buffer
  readonly #failures = new FailedAttempts()

  constructor(administratorKey: string) {
    this.#administratorDigest = digest(administratorKey)
  }

  /** Throws AUTHENTICATION_REQUIRED, or after many failures from one address TOO_MANY_FAILED_AUTHENTICATIONS. */
  authenticate(request: IncomingMessage): Caller {
    const key = readKey(request.headers.authorization)
    if (key !== null && timingSafeEqual(digest(key), this.#administratorDigest)) return ADMINISTRATOR
    const waitS = this.#failures.record(request.socket.remoteAddress ?? '', performance.now())
    if (waitS > 0) {
      const detail = 'Too many requests with a missing or wrong API key came from your address.'
      throw new ProblemError('TOO_MANY_FAILED_AUTHENTICATIONS', {
        detail,
        headers: { 'retry-after': String(waitS) },
      })
    }
    const detail = key === null ? 'The request has no API key.' : 'The API key is not known.'
    throw new ProblemError('AUTHENTICATION_REQUIRED', { detail, headers: { 'www-authenticate': CHALLENGE } })
  }
}

function digest(key: string): Buffer {
  return hash('sha256', key, 'buffer')
}

function readKey(header: string | undefined): string | null {
  if (header === undefined) return null
  const space = header.indexOf(' ')
  const scheme = header.slice(0, space).toLowerCase()
  const credentials = header.slice(space + 1).trim()
  if (scheme === 'bearer') return credentials === '' ? null : credentials
  if (scheme !== 'basic') return null
  const decoded = Buffer.from(credentials, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  return colon < 0 ? null : decoded.slice(colon + 1)
}
