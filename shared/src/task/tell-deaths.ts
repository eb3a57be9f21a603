import { describeTaskError, fullStop } from './explain-attempts.ts'
import { describeBrokerEvidence, describeReason } from './explain-dead-letter.ts'
import type { TimelineAct, TimelineDeath, TimelineEntry, TimelineFacts } from './timeline-facts.ts'

/** Each death: that it died, what the broker says, who opened its dead letter; and its closing, if no act tells it. */
export function tellDeaths({ attempts, deaths, acts }: Omit<TimelineFacts, 'task'>): TimelineEntry[] {
  return deaths.flatMap((death) => [
    ...decided(death, attempts),
    death.taskId === null ? received(death) : died(death),
    ...carried(death),
    ...opened(death),
    ...closed(death, acts),
  ])
}

/** Most deaths follow from the decision after an attempt, which is told with it. */
function decided(
  { id, taskId, number, decision, diedAt }: TimelineDeath,
  attempts: TimelineFacts['attempts'],
): TimelineEntry[] {
  const isTold = attempts.some((one) => one.number === number && one.decision === decision)
  if (isTold || taskId === null || decision === '') return []
  return [{ at: diedAt, kind: 'decided', text: fullStop(decision), deadLetterId: id }]
}

function died(death: TimelineDeath): TimelineEntry {
  const { id, diedAt, reason, fingerprint, number, error } = death
  return {
    at: diedAt,
    kind: 'died',
    text: `The task failed for good ${describeReason(reason)}. Its dead letter was written, and its ticket goes to the error queue.`,
    deadLetterId: id,
    fingerprint,
    error,
    ...(number !== null && { dispatch: number }),
  }
}

function received(death: TimelineDeath): TimelineEntry {
  const { id, diedAt, fingerprint, error, rawBytes, rawContentType } = death
  const size = rawBytes === null ? 'of unknown size' : `of ${rawBytes.toLocaleString('en-US')} bytes`
  const content = rawContentType === null ? 'without a content type' : `sent as ${rawContentType}`
  const text = `A message ${size}, ${content}, came through the error queue and was kept as it is. ${fullStop(describeTaskError(error))}`
  return { at: diedAt, kind: 'received', text, deadLetterId: id, fingerprint }
}

/**
 * What the broker says, between the death and the moment it was read: its clock counts whole seconds, and is not ours, so
 * its own time is only quoted.
 */
function carried(death: TimelineDeath): TimelineEntry[] {
  const text = describeBrokerEvidence(death)
  if (death.broker === null || text === '') return []
  const { time } = death.broker
  const statedMs = typeof time === 'string' ? Date.parse(time) : Number.NaN
  const latestMs = (death.openedAt ?? death.diedAt).getTime()
  const atMs = Number.isNaN(statedMs)
    ? latestMs
    : Math.min(Math.max(statedMs, death.diedAt.getTime()), latestMs)
  return [{ at: new Date(atMs), kind: 'carried', text, deadLetterId: death.id }]
}

function opened({ id, taskId, openedAt, openedBy }: TimelineDeath): TimelineEntry[] {
  if (openedAt === null || taskId === null) return []
  const text =
    openedBy === 'reconcile'
      ? 'Reconcile opened the dead letter from the ledger alone, because its ticket had not come through the error queue.'
      : 'The recorder took the ticket from the error queue and opened the dead letter.'
  return [{ at: openedAt, kind: 'opened', text, deadLetterId: id }]
}

function closed(death: TimelineDeath, acts: readonly TimelineAct[]): TimelineEntry[] {
  const { id, state, closedAt, closedBy, closingReason } = death
  const action = `dead_letter.${state}`
  if (closedAt === null || acts.some((act) => act.deadLetterId === id && act.action === action)) return []
  const by = closedBy === null ? ', by whom was not recorded' : ` by ${closedBy}`
  const why = closingReason === null || closingReason === '' ? '' : ` ("${closingReason}")`
  return [
    {
      at: closedAt,
      kind: 'act',
      text: `The dead letter was ${state}${by}${why}.`,
      action,
      deadLetterId: id,
      ...(closedBy !== null && { actor: closedBy }),
      ...(closingReason !== null && { reason: closingReason }),
    },
  ]
}
