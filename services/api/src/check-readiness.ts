import type { BrokerConnection, TicketPublisher } from '@redrive/shared/broker'
import {
  type Executor,
  isDatabaseUnavailable,
  LedgerOutdatedError,
  requireLedgerSchema,
} from '@redrive/shared/database'
import type { Readiness } from '@redrive/shared/runtime'

export interface ReadinessSources {
  readonly db: Executor
  readonly connection: BrokerConnection
  readonly publisher: TicketPublisher
}

/**
 * Whether the api can do its work, which is to accept tasks: the ledger answers and has its tables. RabbitMQ's absence is
 * reported and makes no difference, because tasks are accepted without it. Says no more than a probe needs.
 */
export async function checkReadiness({ db, connection, publisher }: ReadinessSources): Promise<Readiness> {
  const ledger = await checkLedger(db)
  return { ready: ledger === 'ok', checks: { ledger, broker: checkBroker(connection, publisher) } }
}

async function checkLedger(db: Executor): Promise<string> {
  try {
    await requireLedgerSchema(db)
    return 'ok'
  } catch (error) {
    if (error instanceof LedgerOutdatedError) return `outdated: ${error.message}`
    return isDatabaseUnavailable(error)
      ? 'unreachable'
      : 'unusable: it refuses to say which migrations it has'
  }
}

function checkBroker(connection: BrokerConnection, publisher: TicketPublisher): string {
  if (publisher.isReady) return 'ok'
  if (connection.isBlocked) return 'degraded: RabbitMQ takes no messages; tasks are accepted and run later'
  return 'degraded: no connection to RabbitMQ; tasks are accepted and run later'
}
