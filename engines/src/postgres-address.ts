import pg from 'pg'

export const DATABASE = 'redrive'

/** The address of one database of an engine of ours, whose user is always the same. */
export function postgresAddress({
  password,
  port,
  database,
}: {
  password: string
  port: number
  database: string
}): string {
  return `postgres://redrive:${password}@127.0.0.1:${port}/${database}`
}

/** Whether the server answers; if it does, the database exists afterwards. */
export async function makeDatabase(server: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: server, connectionTimeoutMillis: 2_000 })
  // n.b. without a listener, an error between two queries would end this process.
  client.on('error', () => {})
  try {
    await client.connect()
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (rowCount === 0) await client.query(`create database ${DATABASE}`)
    return true
  } catch {
    // Still starting or recovering; the caller's deadline bounds this.
    return false
  } finally {
    await client.end().catch(() => {})
  }
}
