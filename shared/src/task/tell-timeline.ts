import { tellActs } from './tell-acts.ts'
import { tellAttempts } from './tell-attempts.ts'
import { tellDeaths } from './tell-deaths.ts'
import { tellTask } from './tell-task.ts'
import type { TimelineEntry, TimelineFacts } from './timeline-facts.ts'

/** Of a task that was redriven for years, the newest attempts are told, and how many are not. */
const NEWEST_ATTEMPTS_TOLD = 200

/**
 * Everything that is known of a task or a dead letter, in the order in which it happened. Only what is known: a time, a
 * host or a version that nobody wrote down is absent, and the sentence says so where one would expect it. Pure.
 */
export function tellTimeline({ task, attempts, deaths, acts }: TimelineFacts): TimelineEntry[] {
  const told = attempts.slice(-NEWEST_ATTEMPTS_TOLD)
  // In the order of causes: entries of one instant, written by one statement, keep it.
  const { before, after } = task === null ? { before: [], after: [] } : tellTask(task, acts)
  const entries = [
    ...before,
    ...tellAttempts(told),
    ...tellDeaths({ attempts: told, deaths, acts }),
    ...tellActs(acts),
    ...after,
  ]
  return entries.toSorted((one, other) => one.at.getTime() - other.at.getTime())
}
