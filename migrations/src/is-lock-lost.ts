/** Lock timeout; deadlock, of which Postgres chose this side to give way. */
const LOST = new Set(['55P03', '40P01'])

export function isLockLost(error: unknown): boolean {
  return LOST.has(String((error as { code?: unknown } | null)?.code))
}
