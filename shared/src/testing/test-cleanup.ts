type Cleanup = () => Promise<void> | void

const cleanups: Cleanup[] = []

/** Keeps what must be undone when the test file has ended, newest first. */
export function onCleanup(cleanup: Cleanup): void {
  cleanups.push(cleanup)
}

/**
 * Undoes everything that the helpers of this test file made, newest first; a cleanup that fails does not keep the others from running.
 * Jest runs it after the file by itself; calling it earlier is harmless.
 */
export async function testCleanup(): Promise<void> {
  const failures: unknown[] = []
  for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) {
    try {
      await cleanup()
    } catch (failure) {
      failures.push(failure)
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `cleaning up after tests: ${failures.join('; ')}`)
}

/** Service processes may take their whole grace period to stop. */
const CLEANUP_TIMEOUT_MS = 60_000

// A module is loaded once per test file, before its hooks are fixed. Outside Jest there is no such global.
const { afterAll } = globalThis as { afterAll?: (hook: () => Promise<void>, timeoutMs: number) => void }
afterAll?.(testCleanup, CLEANUP_TIMEOUT_MS)
