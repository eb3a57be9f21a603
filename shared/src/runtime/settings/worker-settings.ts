import { checkCrashAt } from './check-crash-at.ts'
import { loadSettings } from './load-settings.ts'
import type { Environment } from './read-environment.ts'
import type { SettingsOf } from './settings-of.ts'

export type WorkerSettings = SettingsOf<'worker'>

/** The worker's settings, or a SettingsError with every problem. */
export function loadWorkerSettings(environment: Environment): WorkerSettings {
  return loadSettings('worker', environment, (settings) => [
    ...checkCrashAt(settings),
    ...checkPrefetch(settings),
  ])
}

function checkPrefetch({ workerPrefetch, workerConcurrency }: WorkerSettings): readonly string[] {
  if (workerPrefetch >= workerConcurrency) return []
  return [
    `WORKER_PREFETCH: expected at least WORKER_CONCURRENCY (${workerConcurrency}), got ${workerPrefetch}: with fewer tickets than slots, slots stay empty.`,
  ]
}
