import type { EventDefinition } from './event-definition.ts'

/** What happens to tasks, their attempts and their dead letters. Those that happen for every task are debug. */
export const TASK_EVENTS = {
  'attempt.crashed': {
    level: 'warn',
    meaning: 'A process that ran one attempt alone died with it, or was killed.',
    fields: {
      taskId: 'text',
      type: 'text',
      attempt: 'number',
      lane: 'text?',
      exitCode: 'number?',
      signal: 'text?',
      memoryPeakBytes: 'number?',
      isConvicted: 'flag',
    },
  },
  'attempt.failed': {
    level: 'info',
    meaning: 'An attempt ended in failure and no other follows.',
    fields: {
      taskId: 'text',
      type: 'text',
      attempt: 'number',
      lane: 'text?',
      durationMs: 'number?',
      reason: 'text?',
      error: 'error?',
    },
  },
  'attempt.retry_scheduled': {
    level: 'info',
    meaning: 'An attempt failed and another one is due later.',
    fields: {
      taskId: 'text',
      type: 'text',
      attempt: 'number',
      lane: 'text?',
      durationMs: 'number?',
      delayMs: 'number',
      error: 'error?',
    },
  },
  'attempt.returned': {
    level: 'info',
    meaning: 'An attempt was given back without charge: the worker stops, or the handler asked to run later.',
    fields: {
      taskId: 'text',
      type: 'text',
      attempt: 'number',
      lane: 'text?',
      delayMs: 'number?',
      reason: 'text',
    },
  },
  'attempt.started': {
    level: 'debug',
    meaning: 'A worker claimed a task and its handler begins.',
    fields: { taskId: 'text', type: 'text', attempt: 'number', lane: 'text?', workerId: 'text?' },
  },
  'attempt.succeeded': {
    level: 'debug',
    meaning: 'An attempt ended well, and its task with it.',
    fields: { taskId: 'text', type: 'text', attempt: 'number', lane: 'text?', durationMs: 'number' },
  },
  'attempt.taken_away': {
    level: 'warn',
    meaning: 'An attempt ended after it had been taken from its worker; the outcome is kept as a note only.',
    fields: { taskId: 'text', type: 'text', attempt: 'number', lane: 'text?', outcome: 'text?' },
  },
  'attempt.timed_out': {
    level: 'warn',
    meaning: 'An attempt ran longer than its type allows and its signal was aborted.',
    fields: { taskId: 'text', type: 'text', attempt: 'number', lane: 'text?', timeoutMs: 'number' },
  },
  'attempts.rescued': {
    level: 'warn',
    meaning: 'Attempts of workers that are gone ended as lost, and their tasks run again.',
    fields: { count: 'number', workerId: 'text?', convicted: 'number?' },
  },
  'dead_letter.discarded': {
    level: 'info',
    meaning: 'An operator discarded a dead letter.',
    fields: { deadLetterId: 'text', taskId: 'text?', actor: 'text?' },
  },
  'dead_letter.foreign': {
    level: 'warn',
    meaning: 'A message that belongs to no task came through the error queue and was kept.',
    fields: { deadLetterId: 'text?', reason: 'text', queue: 'text?', routingKey: 'text?', detail: 'text?' },
  },
  'dead_letter.recorded': {
    level: 'info',
    meaning: "A dead letter got the broker's evidence and is open.",
    fields: { deadLetterId: 'text?', taskId: 'text', number: 'number?', reason: 'text?', queue: 'text?' },
  },
  'dead_letter.redriven': {
    level: 'info',
    meaning: 'An operator sent a dead letter back for a new life.',
    fields: { deadLetterId: 'text', taskId: 'text?', actor: 'text?' },
  },
  'dead_letter.restored': {
    level: 'info',
    meaning: 'An operator opened a discarded dead letter again.',
    fields: { deadLetterId: 'text', taskId: 'text?', actor: 'text?' },
  },
  'dead_letters.discarded': {
    level: 'info',
    meaning: 'An operator discarded many dead letters by a filter.',
    fields: { count: 'number', actor: 'text?' },
  },
  'dead_letters.purged': {
    level: 'info',
    meaning:
      'Dead letters older than their retention were deleted, with the tasks of those that were not redriven.',
    fields: { count: 'number', tasks: 'number' },
  },
  'dead_letters.restored': {
    level: 'info',
    meaning: 'An operator opened many discarded dead letters again, by a filter.',
    fields: { count: 'number', actor: 'text?' },
  },
  'task.accepted': {
    level: 'debug',
    meaning: 'One task, or as many of one type and lane as count says, was stored.',
    fields: { type: 'text', lane: 'text', taskId: 'text?', count: 'number?' },
  },
  'task.cancelled': {
    level: 'info',
    meaning: 'A task was cancelled before its end.',
    fields: { taskId: 'text', type: 'text', actor: 'text?' },
  },
  'task.dead_lettered': {
    level: 'warn',
    meaning: 'A task failed for good and its dead letter is on its way through the error queue.',
    fields: {
      taskId: 'text',
      type: 'text',
      reason: 'text',
      lane: 'text?',
      attempt: 'number?',
      error: 'error?',
    },
  },
  'task.expired': {
    level: 'info',
    meaning: 'The deadline of one task, or of as many as count says, passed before an attempt began.',
    fields: { type: 'text', lane: 'text', taskId: 'text?', count: 'number' },
  },
  'task.returned': {
    level: 'info',
    meaning:
      'A task goes to the broker anew without charge: no handler here, or a bystander in the error queue.',
    fields: { taskId: 'text', reason: 'text', type: 'text?', number: 'number?', delayMs: 'number?' },
  },
} as const satisfies Record<string, EventDefinition>
