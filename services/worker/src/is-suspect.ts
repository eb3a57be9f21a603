import type { RunningAttempt } from './running-attempts.ts'

/**
 * Whether an attempt's task may be what a worker died of. One of an isolated type is not: it ran in a process of its
 * own, so the worker died of something else. Pure.
 */
export function isSuspect({ claimed, type }: Pick<RunningAttempt, 'claimed' | 'type'>): boolean {
  return claimed.losses > 0 && type.isolation !== 'process'
}
