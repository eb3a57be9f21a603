import type { Times } from './filter-conditions.ts'
import type { Read } from './filter-fault.ts'
import { readComparison, readRange } from './read-comparison.ts'

/** What a written time stands for: a day if it is a date, else the millisecond, which is as exact as times are shown. */
interface Span {
  readonly fromMs: number
  readonly beforeMs: number
}

const DAY_MS = 86_400_000
const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: DAY_MS }
const RELATIVE = /^-(\d{1,9})([smhd])$/
const DATE = /^\d{4}-\d{2}-\d{2}$/
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/i
/** Years of four digits in UTC: what RFC 3339 can write. */
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00Z')
const LATEST_MS = Date.parse('9999-12-31T00:00:00Z')

/** A time, a comparison or a range; a relative time is counted back from `now`, so that the filter keeps its meaning. */
export function readTimes(sent: string, now: Date): Read<Times> {
  const comparison = readComparison(sent)
  if (comparison !== null) {
    const span = toSpan(comparison.operand, now)
    if (span === null) return notTime(comparison.operand)
    switch (comparison.operator) {
      case '>=':
        return { is: { from: toInstant(span.fromMs) } }
      case '>':
        return { is: { from: toInstant(span.beforeMs) } }
      case '<=':
        return { is: { before: toInstant(span.beforeMs) } }
      case '<':
        return { is: { before: toInstant(span.fromMs) } }
    }
  }
  const range = readRange(sent)
  if (range !== null) return readTimeRange(sent, [range.first, range.last], now)
  const span = toSpan(sent.trim(), now)
  if (span === null) return notTime(sent)
  return { is: { from: toInstant(span.fromMs), before: toInstant(span.beforeMs) } }
}

/** A bound that is a time and nothing else. */
export function readInstant(sent: string, now: Date): Read<string> {
  const span = toSpan(sent.trim(), now)
  return span === null ? notTime(sent) : { is: toInstant(span.fromMs) }
}

function readTimeRange(sent: string, [first, last]: readonly [string, string], now: Date): Read<Times> {
  const from = first === '' ? undefined : toSpan(first, now)
  const to = last === '' ? undefined : toSpan(last, now)
  if (from === null) return notTime(first)
  if (to === null) return notTime(last)
  if (from !== undefined && to !== undefined && to.beforeMs <= from.fromMs)
    return { fault: `the range "${sent.slice(0, 100)}" ends before it begins` }
  return {
    is: {
      ...(from !== undefined && { from: toInstant(from.fromMs) }),
      ...(to !== undefined && { before: toInstant(to.beforeMs) }),
    },
  }
}

function toSpan(text: string, now: Date): Span | null {
  const [, count, unit = ''] = RELATIVE.exec(text) ?? []
  if (count !== undefined) return spanOf(now.getTime() - Number(count) * (UNITS_MS[unit] ?? Number.NaN), 1)
  if (DATE.test(text)) return isDayOfCalendar(text) ? spanOf(Date.parse(`${text}T00:00:00Z`), DAY_MS) : null
  if (!INSTANT.test(text) || !isDayOfCalendar(text.slice(0, 10))) return null
  return spanOf(Date.parse(text), 1)
}

function spanOf(fromMs: number, lengthMs: number): Span | null {
  if (!(fromMs >= EARLIEST_MS && fromMs < LATEST_MS)) return null
  return { fromMs, beforeMs: fromMs + lengthMs }
}

/** n.b. Date.parse takes the 31st of February for a day in March. */
function isDayOfCalendar(date: string): boolean {
  const ms = Date.parse(`${date}T00:00:00Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date)
}

function toInstant(ms: number): string {
  return new Date(ms).toISOString()
}

function notTime(text: string): { readonly fault: string } {
  const expected =
    'a date, an RFC 3339 time or one before now (-90m, -24h, -7d), a comparison with one (>=-24h) or a range (2026-11-01..2026-11-02)'
  return { fault: `expected ${expected}, got "${text.slice(0, 100)}"` }
}
