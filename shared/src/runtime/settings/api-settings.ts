import { checkCrashAt } from './check-crash-at.ts'
import { loadSettings } from './load-settings.ts'
import type { Environment } from './read-environment.ts'
import type { SettingsOf } from './settings-of.ts'

export type ApiSettings = SettingsOf<'api'>

/** The api's settings, or a SettingsError with every problem. */
export function loadApiSettings(environment: Environment): ApiSettings {
  return loadSettings('api', environment, (settings) => [
    ...checkCrashAt(settings),
    ...checkBodyLimits(settings),
    ...checkStopNotice(settings),
  ])
}

function checkBodyLimits({ maxTaskBytes, maxBulkBytes }: ApiSettings): readonly string[] {
  if (maxBulkBytes >= maxTaskBytes) return []
  return [
    `MAX_BULK_BYTES: expected at least MAX_TASK_BYTES (${maxTaskBytes}), got ${maxBulkBytes}: a task that is accepted alone must fit into a bulk submission.`,
  ]
}

function checkStopNotice({ stopNoticeMs, shutdownGraceMs }: ApiSettings): readonly string[] {
  if (stopNoticeMs <= shutdownGraceMs / 2) return []
  return [
    `STOP_NOTICE_MS: expected at most half of SHUTDOWN_GRACE_MS (${shutdownGraceMs}), got ${stopNoticeMs}: what was begun needs the rest of the grace.`,
  ]
}
