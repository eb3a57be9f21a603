import {
  armCrashPoint,
  createEvents,
  createLogger,
  createMetrics,
  loadWorkerSettings,
  readEnvironment,
  runMain,
  stopOnSignals,
} from '@redrive/shared/runtime'
import { catchStrayErrors } from './catch-stray-errors.ts'
import { loadHandlers } from './load-handlers.ts'
import { describeTypes } from './register-types.ts'
import { Worker } from './worker.ts'

await runMain('worker', async () => {
  const settings = loadWorkerSettings(readEnvironment())
  armCrashPoint(settings.crashAt)
  const logger = createLogger({ service: 'worker', level: settings.logLevel })
  const registry = createMetrics('worker')
  const events = createEvents({ logger, registry })
  const types = await loadHandlers(settings)
  const registrations = describeTypes(types)

  const worker = new Worker({ settings, types, registrations, logger, events, registry, onFatal })
  catchStrayErrors({ logger, runningCount: () => worker.runningCount, onFatal })
  stopOnSignals({ stop: () => worker.stop(), graceMs: settings.shutdownGraceMs, logger })
  await worker.start()

  /** Ends the process with status 1 after draining as for a signal: attempts that can still end do. */
  function onFatal(error: Error): void {
    logger.fatal({ error }, 'The worker cannot go on; it drains and ends.')
    setTimeout(() => process.exit(1), settings.shutdownGraceMs)
    void worker.stop().finally(() => process.exit(1))
  }
})
