import type { TimelineAct, TimelineEntry } from './timeline-facts.ts'

/** What people did, with who and why. */
export function tellActs(acts: readonly TimelineAct[]): TimelineEntry[] {
  return acts.map(({ at, actor, action, reason, deadLetterId, details }) => ({
    at,
    kind: 'act',
    text: describeAct({ actor, action, reason, details }),
    actor,
    action,
    ...(deadLetterId !== null && { deadLetterId }),
    ...(reason !== null && reason !== '' && { reason }),
  }))
}

const ACTS: Readonly<Record<string, string>> = {
  'dead_letter.discarded': 'discarded the dead letter',
  'dead_letter.recalled': 'took the redrive back before a worker had started the task',
  'dead_letter.redriven': 'sent it back for a new life',
  'dead_letter.restored': 'opened the discarded dead letter again',
  'input.revealed': 'looked at its input unmasked',
  'task.cancelled': 'cancelled the task',
}

/** An act in a sentence, with what was changed and why. */
export function describeAct({
  actor,
  action,
  reason,
  details,
}: Pick<TimelineAct, 'actor' | 'action' | 'reason' | 'details'>): string {
  const why = reason === null || reason === '' ? '' : ` ("${reason}")`
  return `${actor} ${ACTS[action] ?? `did ${action}`}${changes(details)}${why}.`
}

function changes({ edited, lane, attempts, redriveId }: TimelineAct['details']): string {
  const parts = [
    ...(edited === true ? ['with an edited input'] : []),
    ...(typeof lane === 'string' ? [`in the lane "${lane}"`] : []),
    ...(typeof attempts === 'number'
      ? [`with ${attempts === 1 ? 'one attempt' : `${attempts} attempts`}`]
      : []),
    ...(typeof redriveId === 'string' ? [`as part of redrive ${redriveId}`] : []),
  ]
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`
}
