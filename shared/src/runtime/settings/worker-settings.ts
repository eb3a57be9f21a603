import { parseAllowedTarget, readWebhookKeys } from '../../task/index.ts'
import { checkCrashAt } from './check-crash-at.ts'
import { loadSettings } from './load-settings.ts'
import type { Environment } from './read-environment.ts'
import type { SettingsOf } from './settings-of.ts'

export type WorkerSettings = SettingsOf<'worker'>

/** The worker's settings, or a SettingsError with every problem. */
export function loadWorkerSettings(environment: Environment): WorkerSettings {
  return loadSettings('worker', environment, (settings) => [
    ...checkCrashAt(settings),
    ...checkAllowedTargets(settings),
    ...checkPrefetch(settings),
    ...checkWebhookSecret(settings),
  ])
}

function checkAllowedTargets({ httpAllowedTargets = [] }: WorkerSettings): readonly string[] {
  return httpAllowedTargets
    .filter((target) => parseAllowedTarget(target) === null)
    .map(
      (target) =>
        `HTTP_ALLOWED_TARGETS: expected host, host:port, *.domain, an address or a range such as 10.1.0.0/16, got "${target}".`,
    )
}

/** n.b. Says nothing of the value, not even of a wrong one. */
function checkWebhookSecret({ webhookSecret }: WorkerSettings): readonly string[] {
  if (webhookSecret === undefined || readWebhookKeys(webhookSecret) !== null) return []
  return [
    'WEBHOOK_SECRET: expected whsec_ and the base64 of 24 to 64 bytes, or several with commas, got something else.',
  ]
}

function checkPrefetch({ workerPrefetch, workerConcurrency }: WorkerSettings): readonly string[] {
  if (workerPrefetch >= workerConcurrency) return []
  return [
    `WORKER_PREFETCH: expected at least WORKER_CONCURRENCY (${workerConcurrency}), got ${workerPrefetch}: with fewer tickets than slots, slots stay empty.`,
  ]
}
