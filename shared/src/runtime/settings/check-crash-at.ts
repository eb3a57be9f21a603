import { parseCrashAt } from '../crash-points.ts'

/** The cross check that all services share: a test that names a crash point wrongly must not pass for lack of a crash. */
export function checkCrashAt({ crashAt }: { readonly crashAt: string | undefined }): readonly string[] {
  if (crashAt === undefined || parseCrashAt(crashAt) !== null) return []
  return [`CRASH_AT: expected a crash point's name, alone or with :N for the Nth time, got "${crashAt}".`]
}
