const WAIT = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i
export const MAX_WAIT_S = 60

/** Seconds that a `Prefer: wait=N` header asks to wait, at most 60; null without a preference that can be honoured (RFC 7240). */
export function readPreferredWait(header: string | undefined): number | null {
  const seconds = Number(WAIT.exec(header ?? '')?.[1] ?? 0)
  return seconds >= 1 ? Math.min(seconds, MAX_WAIT_S) : null
}
