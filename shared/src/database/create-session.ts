import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { discardUnanswered } from './discard-unanswered.ts'
import type { Ledger } from './ledger.ts'

export interface Session {
  readonly db: Kysely<Ledger>
  /** Grows with every connection made: advisory locks taken under another generation are gone. */
  generation(): number
  close(): Promise<void>
}

/**
 * One connection that is kept, for advisory locks, which live as long as their connection. It is made anew by the next
 * query after a loss, and `onLost` is told at once. Needs a direct connection: a transaction pooler would hand the lock around.
 */
export function createSession(options: {
  readonly url: string
  readonly applicationName: string
  readonly statementTimeoutMs: number
  /**
   * Postgres ends the session, and frees its locks, when it was asked nothing for so long. Several times the interval at
   * which its owner asks: the server would otherwise wait two hours for a host that lost its power or its network, and
   * for ever for a process that is stopped.
   */
  readonly silentAfterMs: number
  readonly onLost?: () => void
}): Session {
  let generation = 0
  const pool = new pg.Pool({
    connectionString: withSilenceLimit(options.url, options.silentAfterMs),
    max: 1,
    min: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: 3_000,
    statement_timeout: options.statementTimeoutMs,
    query_timeout: options.statementTimeoutMs + 1_000,
    application_name: options.applicationName,
    keepAlive: true,
  })
  pool.on('connect', (client) => {
    generation += 1
    // n.b. the pool listens to an idle connection only: the loss of one in use is emitted as well as told to its query.
    client.on('error', () => {})
  })
  pool.on('remove', () => options.onLost?.())
  // The loss is reported by 'remove' and by the next query.
  pool.on('error', () => {})
  discardUnanswered(pool)
  const db = new Kysely<Ledger>({ dialect: new PostgresDialect({ pool }) })
  return { db, generation: () => generation, close: () => db.destroy() }
}

/** In the address, since settings that it carries itself replace those given beside it. */
function withSilenceLimit(url: string, silentAfterMs: number): string {
  const address = new URL(url)
  const given = address.searchParams.get('options')
  const limits = ['idle_session_timeout', 'idle_in_transaction_session_timeout'].map(
    (name) => `-c ${name}=${silentAfterMs}`,
  )
  address.searchParams.set('options', [...(given === null ? [] : [given]), ...limits].join(' '))
  return address.href
}
