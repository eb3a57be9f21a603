/** What is known of a pulse at one look. */
export interface StallLook {
  readonly beat: number
  /** On the clock of `performance.now()`. */
  readonly atMs: number
  readonly stalledMs: number
}

/**
 * For how long a pulse has stood still, counted from look to look. No more than twice the usual time between looks
 * counts for one: where that was longer, the whole process was frozen, or its host asleep, and not only what is watched. Pure.
 */
export function measureStall(
  last: StallLook,
  now: Omit<StallLook, 'stalledMs'>,
  lookEveryMs: number,
): StallLook {
  if (now.beat !== last.beat) return { ...now, stalledMs: 0 }
  return { ...now, stalledMs: last.stalledMs + Math.min(now.atMs - last.atMs, 2 * lookEveryMs) }
}
