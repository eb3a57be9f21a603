/** Whether a process can do its work, and what it needs for that: `ok` or the reason why not, by name. */
export interface Readiness {
  readonly ready: boolean
  readonly checks: Readonly<Record<string, string>>
}

/** Ready when every check is `ok`. */
export function readinessOf(checks: Readonly<Record<string, string>>): Readiness {
  return { ready: Object.values(checks).every((check) => check === 'ok'), checks }
}

/** Asks within a limit, so that a probe gets an answer even when a store hangs. Never throws: that is "not ready". */
export async function askReadiness(
  isReady: () => Readiness | Promise<Readiness>,
  limitMs: number,
): Promise<Readiness> {
  const tooLate = Promise.withResolvers<Readiness>()
  const timer = setTimeout(() => tooLate.resolve(notReady(`no answer within ${limitMs} ms`)), limitMs)
  const asked = ask(isReady).catch((error: unknown) => notReady(String(error)))
  return Promise.race([asked, tooLate.promise]).finally(() => clearTimeout(timer))
}

/** An own async function, so that a throw before the first promise is a rejection too. */
async function ask(isReady: () => Readiness | Promise<Readiness>): Promise<Readiness> {
  return isReady()
}

function notReady(reason: string): Readiness {
  return { ready: false, checks: { readiness: reason } }
}
