import { type Events, type Logger, Loop, type Readiness } from '@redrive/shared/runtime'

const LOOK_EVERY_MS = 1_000

/** Says when the api becomes ready, and when it loses or regains the ledger. */
export function watchLedger(options: {
  readonly events: Events
  readonly logger: Logger
  readonly check: () => Promise<Readiness>
}): Loop {
  const { events, logger, check } = options
  let wasThere: boolean | null = null
  return new Loop({
    name: 'ledger-watch',
    intervalMs: LOOK_EVERY_MS,
    logger,
    step: async () => {
      const { ready, checks } = await check()
      if (ready && wasThere === null) events.emit('service.ready', {})
      if (ready && wasThere === false) events.emit('database.reached', {})
      if (!ready && wasThere === true) events.emit('database.unreachable', { error: checks['ledger'] })
      if (ready || wasThere !== null) wasThere = ready
      return 'idle'
    },
  })
}
