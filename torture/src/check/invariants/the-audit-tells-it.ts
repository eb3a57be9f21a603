import type { Evidence, Invariant } from '../evidence.ts'

export const theAuditTellsIt: Invariant = {
  id: 'I10',
  promise: 'the audit alone tells the state of every dead letter and who cancelled what',
  violations: (evidence) => [...findUntoldLetters(evidence), ...findUntoldCancels(evidence)],
}

const STATE_AFTER: Readonly<Record<string, string>> = {
  'dead_letter.redriven': 'redriven',
  'dead_letter.recalled': 'open',
  'dead_letter.restored': 'open',
  'dead_letter.discarded': 'discarded',
}

function findUntoldLetters({ deadLetters, audit }: Evidence): readonly string[] {
  const told = new Map<string, string>()
  for (const { action, deadLetterId } of audit) {
    const state = STATE_AFTER[action]
    if (deadLetterId !== null && state !== undefined) told.set(deadLetterId, state)
  }
  return deadLetters
    .filter(({ id, state }) => state !== 'carried' && state !== (told.get(id) ?? 'open'))
    .map(
      ({ id, taskId, state }) =>
        `dead letter ${id} of ${taskId} is ${state}, and the audit says ${told.get(id) ?? 'open'}`,
    )
}

function findUntoldCancels({ tasks, audit }: Evidence): readonly string[] {
  const cancelled = new Set(
    audit.filter(({ action }) => action === 'task.cancelled').map(({ taskId }) => taskId),
  )
  return [...tasks.values()]
    .filter(({ id, state }) => state !== null && (state === 'cancelled') !== cancelled.has(id))
    .map(
      ({ id, state }) =>
        `${id} is ${state}, and the audit ${cancelled.has(id) ? 'cancelled' : 'did not cancel'} it`,
    )
}
