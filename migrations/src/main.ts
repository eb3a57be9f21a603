import { setTimeout as delay } from 'node:timers/promises'
import { createLogger, readEnvironment } from '@redrive/shared/runtime'
import { migrateToLatest } from './migrate-to-latest.ts'

const RETRY_MS = 2_000
// Two minutes: longer than any engine in the deployment takes to start.
const MAX_TRIES = 60

const environment = readEnvironment()
const logger = createLogger({ service: 'migrations', level: environment['LOG_LEVEL'] ?? 'info' })
process.exitCode = await migrate()

/** Waits for a database that is still starting; any other refusal ends the process with status 1. */
async function migrate(): Promise<number> {
  const databaseUrl = environment['DATABASE_URL']
  if (databaseUrl === undefined || databaseUrl === '') {
    logger.error(
      { event: 'migrations.failed' },
      'DATABASE_URL is not set: expected postgres://user:password@host:port/database',
    )
    return 1
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      const applied = await migrateToLatest(databaseUrl, { onYield: sayYield })
      logger.info(
        { event: 'migrations.applied', applied },
        applied.length === 0 ? 'The ledger is up to date.' : 'The ledger was migrated.',
      )
      return 0
    } catch (error) {
      if (attempt === MAX_TRIES || !isStarting(error)) {
        logger.error({ event: 'migrations.failed', error }, 'The ledger could not be migrated.')
        return 1
      }
      logger.warn({ event: 'migrations.waiting', error: String(error) }, 'The database does not answer yet.')
      await delay(RETRY_MS)
    }
  }
}

/** The first time, and then every tenth. */
function sayYield(migration: string, tries: number): void {
  if (tries % 10 !== 1) return
  logger.warn(
    { event: 'migrations.yielded', migration, tries },
    'A transaction holds a table that this migration changes; it lets requests pass and tries again.',
  )
}

function isStarting(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return (
    typeof code === 'string' &&
    ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', '57P03', '57P01'].includes(code)
  )
}
