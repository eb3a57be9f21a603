import type { TicketPublisher } from '@redrive/shared/broker'
import { LedgerOutdatedError, requireLedgerSchema, type Executor } from '@redrive/shared/database'
import { readinessOf, type Readiness } from '@redrive/shared/runtime'
import type { ErrorRecorder } from './record-errors.ts'

export interface NeededParts {
  readonly db: Executor
  readonly publisher: TicketPublisher
  readonly recorder: ErrorRecorder
  readonly isTopologyEstablished: () => boolean
}

/** Ready when the ledger answers, tickets can be published, and the error queue is consumed. Never rejects. */
export async function checkReadiness(parts: NeededParts): Promise<Readiness> {
  const ledger = await requireLedgerSchema(parts.db).then(
    () => 'ok',
    (error: unknown) => {
      if (error instanceof LedgerOutdatedError) return `outdated: ${error.message}`
      return `does not answer: ${error instanceof Error ? error.message : String(error)}`
    },
  )
  return readinessOf({
    ledger,
    topology: parts.isTopologyEstablished() ? 'ok' : 'not yet declared',
    publisher: parts.publisher.isReady ? 'ok' : 'no channel to publish on, or RabbitMQ takes no messages',
    recorder: parts.recorder.isConsuming ? 'ok' : 'does not consume the error queue',
  })
}
