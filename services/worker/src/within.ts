/** Resolves with the promise, or without it after so many milliseconds. Rejects as the promise does. */
export async function within(ms: number, promise: Promise<unknown> | undefined): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, ms)
  try {
    await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
