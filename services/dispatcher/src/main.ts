import {
  armCrashPoint,
  createEvents,
  createLogger,
  createMetrics,
  loadDispatcherSettings,
  readEnvironment,
  runMain,
  stopOnSignals,
} from '@redrive/shared/runtime'
import { Dispatcher } from './dispatcher.ts'

const SERVICE = 'dispatcher'

await runMain(SERVICE, async () => {
  const settings = loadDispatcherSettings(readEnvironment())
  armCrashPoint(settings.crashAt)
  const logger = createLogger({ service: SERVICE, level: settings.logLevel })
  const registry = createMetrics(SERVICE)
  const events = createEvents({ logger, registry })
  const dispatcher = new Dispatcher({
    settings,
    registry,
    events,
    logger,
    onFatal: (error) => {
      logger.fatal({ error }, 'The dispatcher ends, because only a person can put this right.')
      process.exit(1)
    },
  })
  stopOnSignals({ stop: () => dispatcher.stop(), graceMs: settings.shutdownGraceMs, logger })
  await dispatcher.start()
})
