const UNITS = [
  { word: 'days', ms: 86_400_000, from: 2 },
  { word: 'h', ms: 3_600_000, from: 1 },
  { word: 'min', ms: 60_000, from: 1 },
  { word: 's', ms: 1_000, from: 1 },
] as const

/** A duration for a sentence, to three digits: `850 ms`, `2.5 s`, `10 min`, `36 h`, `3 days`. */
export function describeDuration(ms: number): string {
  const unit = UNITS.find((one) => ms >= one.ms * one.from)
  if (unit === undefined) return `${Math.max(0, Math.round(ms))} ms`
  const count = ms / unit.ms
  return `${count >= 100 ? Math.round(count) : Number(count.toPrecision(3))} ${unit.word}`
}
