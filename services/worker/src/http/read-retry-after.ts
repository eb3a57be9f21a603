/** A guess: whoever asks for more than a day is mistaken, or wants the task to be forgotten. */
const LONGEST_MS = 86_400_000

const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * The delay that a `Retry-After` header asks for, as seconds or as a date, at most a day; null without a usable one. Pure.
 * @param nowMs the answer's own clock where it has one, so that ours may differ
 */
export function readRetryAfter(header: string | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? ''
  if (/^\d{1,10}$/.test(text)) return Math.min(Number(text) * 1_000, LONGEST_MS)
  if (!HTTP_DATE.test(text)) return null
  const delayMs = Date.parse(text) - nowMs
  return Number.isNaN(delayMs) ? null : Math.min(Math.max(delayMs, 0), LONGEST_MS)
}
