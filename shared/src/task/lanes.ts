/** A lane is a named route with a queue of its own; these three exist in every installation. */
export const LANES = ['high', 'normal', 'low'] as const

export type Lane = (typeof LANES)[number]

/** Where a task goes whose type and submission name no lane. */
export const DEFAULT_LANE: Lane = 'normal'

export function isLane(text: string): text is Lane {
  return (LANES as readonly string[]).includes(text)
}
