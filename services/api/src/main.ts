import {
  armCrashPoint,
  createEvents,
  createLogger,
  createMetrics,
  loadApiSettings,
  readEnvironment,
  runMain,
  stopOnSignals,
} from '@redrive/shared/runtime'
import { Api } from './api.ts'

const SERVICE = 'api'

await runMain(SERVICE, async () => {
  const settings = loadApiSettings(readEnvironment())
  armCrashPoint(settings.crashAt)
  const logger = createLogger({ service: SERVICE, level: settings.logLevel })
  const registry = createMetrics(SERVICE)
  const events = createEvents({ logger, registry })
  const api = new Api({
    settings,
    registry,
    events,
    logger,
    onFatal: (error) => {
      logger.fatal({ error }, 'The api ends, because only a person can put this right.')
      process.exit(1)
    },
  })
  stopOnSignals({ stop: () => api.stop(), graceMs: settings.shutdownGraceMs, logger })
  await api.start()
})
