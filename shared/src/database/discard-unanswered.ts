import type pg from 'pg'

/**
 * Makes a pool close a connection whose query was given up without an answer.
 *
 * n.b. pg reports `query_timeout` to the caller and goes on waiting on that connection, so that every later query on it
 * waits in line and times out too. When the way to the server has silently swallowed the connection, that lasts until
 * TCP gives up, a quarter of an hour later, although a new connection would do.
 */
export function discardUnanswered(pool: pg.Pool): void {
  pool.on('release', (_error, client) => {
    // Not in its types. False from a query until the server is ready for the next one; where a refusal and this news
    // come in two packets, a good connection is made anew, which costs milliseconds.
    const { readyForQuery } = client as pg.PoolClient & { readonly readyForQuery?: boolean }
    // Ending marks the client at once, and the pool, which looks after this event, drops what is marked.
    if (readyForQuery === false) void (client as unknown as pg.Client).end().catch(() => undefined)
  })
}
