import { checkCrashAt } from './check-crash-at.ts'
import { loadSettings } from './load-settings.ts'
import type { Environment } from './read-environment.ts'
import type { SettingsOf } from './settings-of.ts'

export type DispatcherSettings = SettingsOf<'dispatcher'>

/** The dispatcher's settings, or a SettingsError with every problem. */
export function loadDispatcherSettings(environment: Environment): DispatcherSettings {
  return loadSettings('dispatcher', environment, (settings) => [
    ...checkCrashAt(settings),
    ...checkReleaseGrace(settings),
  ])
}

function checkReleaseGrace({ releasePollMs, releaseGraceMs }: DispatcherSettings): readonly string[] {
  if (releasePollMs <= releaseGraceMs) return []
  return [
    `RELEASE_POLL_MS: expected at most RELEASE_GRACE_MS (${releaseGraceMs}), got ${releasePollMs}: a grace that ends between two looks is not kept.`,
  ]
}
