/** Per queue, what several looks in a row found to be neither ready nor unacknowledged. */
export type StuckMemory = ReadonlyMap<string, readonly number[]>

export interface StuckLook {
  readonly queue: string
  /** Messages that were counted and were neither ready nor unacknowledged. */
  readonly surplus: number
}

/** Messages pass through this state, and the broker's figures are seconds old: three looks see what stays. */
const LOOKS = 3

/** Remembers a look at some queues; those that could not be looked at are forgotten, since figures of different times prove nothing. */
export function rememberStuck(memory: StuckMemory, looks: readonly StuckLook[]): StuckMemory {
  return new Map(
    looks.map(({ queue, surplus }) => [queue, [...(memory.get(queue) ?? []), surplus].slice(-LOOKS)]),
  )
}

/** How many messages are stuck in a queue: as many as every one of the last looks found. Null when it was not looked at often enough. */
export function countStuck(memory: StuckMemory, queue: string): number | null {
  const seen = memory.get(queue)
  return seen === undefined || seen.length < LOOKS ? null : Math.min(...seen)
}
