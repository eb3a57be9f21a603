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
import { onKeeperGone, tellKeeper } from './keeper-link.ts'
import { loadHandlers } from './load-handlers.ts'
import { describeTypes } from './register-types.ts'
import { Worker } from './worker.ts'

// The worker itself. `main.ts` starts it and keeps it; it runs without a parent as well.
await runMain('worker', async () => {
  const settings = loadWorkerSettings(readEnvironment())
  armCrashPoint(settings.crashAt)
  const { shutdownGraceMs, logLevel } = settings
  tellKeeper({ kind: 'begun', shutdownGraceMs, logLevel, isReplaceable: settings.crashAt === undefined })
  const logger = createLogger({ service: 'worker', level: logLevel })
  const registry = createMetrics('worker')
  const events = createEvents({ logger, registry })
  const [, , replacements = '0', ending = ''] = process.argv
  if (Number(replacements) > 0) events.emit('worker.replaced', { ending, replacements: Number(replacements) })
  events.subscribe(({ name }) => {
    if (name === 'service.ready') tellKeeper({ kind: 'ready' })
  })
  const types = await loadHandlers(settings)
  const registrations = describeTypes(types)

  const worker = new Worker({ settings, types, registrations, logger, events, registry, onFatal })
  catchStrayErrors({ logger, runningCount: () => worker.runningCount, onFatal })
  stopOnSignals({ stop, graceMs: shutdownGraceMs, logger })
  onKeeperGone(() => {
    logger.warn('The parent of this worker process is gone; it drains and ends.')
    process.kill(process.pid, 'SIGTERM')
  })
  await worker.start()

  async function stop(): Promise<void> {
    tellKeeper({ kind: 'stopping' })
    await worker.stop()
  }

  /** Ends the process with status 1 after draining as for a signal: attempts that can still end do. */
  function onFatal(error: Error): void {
    logger.fatal({ error }, 'The worker cannot go on; it drains and ends.')
    setTimeout(() => process.exit(1), shutdownGraceMs)
    void worker.stop().finally(() => process.exit(1))
  }
})
