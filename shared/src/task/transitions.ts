import type { TaskState } from './task-state.ts'

export interface Transition {
  readonly from: TaskState | 'submitted'
  readonly to: TaskState
  readonly cause: string
  /** The statement in shared/src/database that makes it. */
  readonly statement: string
  readonly guard: string
}

/** Every move of a task between states; the documentation's table and the tests are made from it. */
export const TRANSITIONS: readonly Transition[] = [
  { from: 'submitted', to: 'waiting', cause: 'accepted, due now', statement: 'submitTasks', guard: 'new id' },
  {
    from: 'submitted',
    to: 'scheduled',
    cause: 'accepted, due later',
    statement: 'submitTasks',
    guard: 'new id',
  },
  { from: 'scheduled', to: 'waiting', cause: 'its time came', statement: '', guard: 'due_at has passed' },
  { from: 'retrying', to: 'waiting', cause: 'its time came', statement: '', guard: 'due_at has passed' },
  {
    from: 'waiting',
    to: 'queued',
    cause: 'the broker confirmed its ticket',
    statement: 'markConfirmed',
    guard: 'same number, not running',
  },
  {
    from: 'waiting',
    to: 'running',
    cause: 'a worker was quicker than the mark',
    statement: 'claimTickets',
    guard: 'same number, no token, due',
  },
  {
    from: 'queued',
    to: 'running',
    cause: 'a worker claimed it',
    statement: 'claimTickets',
    guard: 'same number, no token, due',
  },
  {
    from: 'running',
    to: 'succeeded',
    cause: 'the handler returned',
    statement: 'finishSucceeded',
    guard: 'same token',
  },
  {
    from: 'running',
    to: 'failed',
    cause: 'the attempt failed for good, or asked to run later than its deadline or greatest age allows',
    statement: 'finishFailed',
    guard: 'same token',
  },
  {
    from: 'running',
    to: 'retrying',
    cause: 'the attempt failed, another follows; or the handler asked to run later',
    statement: 'rescheduleAttempts',
    guard: 'same token',
  },
  {
    from: 'running',
    to: 'waiting',
    cause: 'given back while a worker stops',
    statement: 'rescheduleAttempts',
    guard: 'same token',
  },
  {
    from: 'running',
    to: 'waiting',
    cause: 'its worker is gone',
    statement: 'rescueAttempts',
    guard: 'its worker is dead',
  },
  {
    from: 'running',
    to: 'failed',
    cause: 'its worker had died, and the process that it ran in alone died as well',
    statement: 'finishFailed',
    guard: 'same token',
  },
  {
    from: 'running',
    to: 'failed',
    cause: 'its workers died five times',
    statement: 'finishFailed',
    guard: 'its worker is dead, fifth loss, and it ran nothing else within itself (or twentieth)',
  },
  {
    from: 'queued',
    to: 'retrying',
    cause: 'the worker does not know its type',
    statement: 'returnUnhandled',
    guard: 'same number, not running',
  },
  {
    from: 'queued',
    to: 'waiting',
    cause: 'a bystander in the error queue',
    statement: 'returnBystanders',
    guard: 'same number, not running',
  },
  {
    from: 'queued',
    to: 'failed',
    cause: 'no worker knew its type in time',
    statement: 'failUnhandled',
    guard: 'same number, not running',
  },
  { from: 'scheduled', to: 'cancelled', cause: 'cancelled', statement: 'cancelTask', guard: 'open' },
  { from: 'waiting', to: 'cancelled', cause: 'cancelled', statement: 'cancelTask', guard: 'open' },
  { from: 'queued', to: 'cancelled', cause: 'cancelled', statement: 'cancelTask', guard: 'open' },
  {
    from: 'running',
    to: 'cancelled',
    cause: 'cancelled; the handler is told',
    statement: 'cancelTask',
    guard: 'open',
  },
  { from: 'retrying', to: 'cancelled', cause: 'cancelled', statement: 'cancelTask', guard: 'open' },
  {
    from: 'scheduled',
    to: 'expired',
    cause: 'its deadline passed before an attempt began',
    statement: 'expireTasks',
    guard: 'not running, expires_at has passed',
  },
  {
    from: 'waiting',
    to: 'expired',
    cause: 'its deadline passed before an attempt began',
    statement: 'expireTasks',
    guard: 'not running, expires_at has passed',
  },
  {
    from: 'queued',
    to: 'expired',
    cause: 'its deadline passed before an attempt began; its ticket is void',
    statement: 'expireTasks',
    guard: 'not running, expires_at has passed',
  },
  {
    from: 'retrying',
    to: 'expired',
    cause: 'its deadline passed before the next attempt began',
    statement: 'expireTasks',
    guard: 'not running, expires_at has passed',
  },
  {
    from: 'failed',
    to: 'waiting',
    cause: 'redriven',
    statement: 'redriveDeadLetter',
    guard: 'its dead letter is open',
  },
  {
    from: 'failed',
    to: 'waiting',
    cause: 'redriven with many others',
    statement: 'advanceRedrive',
    guard: 'its dead letter is open',
  },
  ...(['waiting', 'queued', 'retrying'] as const).map((from) => ({
    from,
    to: 'failed' as const,
    cause: 'its redrive is recalled',
    statement: 'recallDeadLetter',
    guard: 'no attempt since the redrive',
  })),
]
