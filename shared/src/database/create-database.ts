import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { discardUnanswered } from './discard-unanswered.ts'
import type { Ledger } from './ledger.ts'

export interface DatabaseOptions {
  readonly url: string
  readonly poolSize: number
  readonly statementTimeoutMs: number
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
  /** Default: 10,000. */
  readonly silentInTransactionMs?: number
}

export interface PoolCounts {
  readonly total: number
  readonly idle: number
  readonly waiting: number
}

export interface Database {
  readonly db: Kysely<Ledger>
  poolCounts(): PoolCounts
  /** Takes a connection in the pool's order and gives it back. Rejects like a query that gets none. */
  waitForConnection(): Promise<void>
  close(): Promise<void>
}

// A pool that has not answered in this time is as good as a database that is down; the caller hears so and may come again.
const CONNECT_TIMEOUT_MS = 5_000

/**
 * Between two statements of a transaction we compute for milliseconds. Who is silent for so long was stopped, or cut off by
 * the network, and its row locks would stay until the server misses it: two hours, or for ever.
 */
const SILENT_IN_TRANSACTION_MS = 10_000

/** Opens a pool; nothing connects before the first query. */
export function createDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // The server ends a statement that is too slow; the client gives up a little later where the server is frozen.
    statement_timeout: options.statementTimeoutMs,
    idle_in_transaction_session_timeout: options.silentInTransactionMs ?? SILENT_IN_TRANSACTION_MS,
    query_timeout: options.statementTimeoutMs + CONNECT_TIMEOUT_MS,
    application_name: options.applicationName,
    keepAlive: true,
  })
  // n.b. without a listener the loss of an idle connection ends the process; the next query reports it to its caller.
  pool.on('error', () => {})
  // n.b. the pool listens to idle connections only: the loss of one in use is emitted as well as told to its query.
  pool.on('connect', (client) => client.on('error', () => {}))
  discardUnanswered(pool)
  const db = new Kysely<Ledger>({ dialect: new PostgresDialect({ pool }) })
  return {
    db,
    poolCounts: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    waitForConnection: async () => (await pool.connect()).release(),
    close: () => db.destroy(),
  }
}
