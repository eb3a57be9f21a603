/** The result of `work`, or null as soon as the signal aborts. Rejects only as `work` does, before the abort. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  const { promise: abort, resolve } = Promise.withResolvers<null>()
  const giveUp = (): void => resolve(null)
  if (signal.aborted) giveUp()
  // Removed afterwards, since the signals here live as long as the process and this is called for ever.
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await Promise.race([abort, work])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
