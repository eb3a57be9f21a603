import { Loop, type Events, type Logger, type Readiness } from '@redrive/shared/runtime'

const LOOK_EVERY_MS = 500

/** Says when the process becomes ready, and when it loses or regains the ledger. */
export function watchReadiness(options: {
  readonly events: Events
  readonly logger: Logger
  readonly check: () => Promise<Readiness>
}): Loop {
  const { events, logger, check } = options
  let wasReady = false
  let wasLedgerThere = true
  return new Loop({
    name: 'readiness',
    intervalMs: LOOK_EVERY_MS,
    logger,
    step: async () => {
      const { ready, checks } = await check()
      const isLedgerThere = checks['ledger'] === 'ok' || checks['ledger']?.startsWith('outdated') === true
      if (isLedgerThere && !wasLedgerThere) events.emit('database.reached', {})
      if (!isLedgerThere && wasLedgerThere) events.emit('database.unreachable', { error: checks['ledger'] })
      if (ready && !wasReady) events.emit('service.ready', {})
      wasReady = ready
      wasLedgerThere = isLedgerThere
      return 'idle'
    },
  })
}
