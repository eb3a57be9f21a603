import type { AttemptAtWork } from './attempt-at-work.ts'
import type { TicketInHand } from './ports.ts'

/**
 * Whether an attempt's task may be what a worker died of. One of an isolated type is not: it ran in a process of its
 * own, so the worker died of something else. Pure.
 */
export function isSuspect({ claimed, type }: Pick<AttemptAtWork<TicketInHand>, 'claimed' | 'type'>): boolean {
  return claimed.losses > 0 && type.isolation !== 'process'
}
