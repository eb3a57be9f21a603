import { advanceRedrive } from './advance-redrive.ts'
import { cancelTask } from './cancel-task.ts'
import { claimTickets } from './claim-tickets.ts'
import { closeDeadLetter } from './close-dead-letter.ts'
import { commandRedrive } from './command-redrive.ts'
import { countLaneTasks } from './count-lane-tasks.ts'
import { countOldConfirmed } from './count-old-confirmed.ts'
import { countPrefetchable } from './count-prefetchable.ts'
import { expireTasks } from './expire-tasks.ts'
import { failUnhandled } from './fail-unhandled.ts'
import { findFinishedTokens } from './find-finished-tokens.ts'
import { findForgottenWorkers, findGoneWorkers } from './find-gone-workers.ts'
import { findSubmission } from './find-submission.ts'
import { finishFailed } from './finish-failed.ts'
import { finishSucceeded } from './finish-succeeded.ts'
import { keepForeignMessages } from './keep-foreign-messages.ts'
import type { Executor } from './ledger.ts'
import { listRedriveWork } from './list-redrive-work.ts'
import { lockGoneWorker } from './lock-gone-worker.ts'
import { markConfirmed } from './mark-confirmed.ts'
import { noteLateOutcome } from './note-late-outcome.ts'
import { openDeadLetters, openOverdueDeadLetters } from './open-dead-letters.ts'
import { readStandings } from './read-standings.ts'
import { recallDeadLetter, recallMembers } from './recall-redriven.ts'
import { redriveDeadLetter } from './redrive-dead-letter.ts'
import { releaseUnseenTickets } from './release-unseen-tickets.ts'
import { rescheduleAttempts } from './reschedule-attempts.ts'
import { findConvicts, rescueAttempts } from './rescue-attempts.ts'
import { returnBystanders } from './return-bystanders.ts'
import { returnUnhandled } from './return-unhandled.ts'
import { submitTasks, submitTasksWithKey } from './submit-tasks.ts'
import { takeDueTickets } from './take-due-tickets.ts'

/** The statements that the flows of the protocol ask for, by the names that they use. */
export const STATEMENTS = {
  advanceRedrive,
  cancelTask,
  claimTickets,
  closeDeadLetter,
  commandRedrive,
  countLaneTasks,
  countOldConfirmed,
  countPrefetchable,
  expireTasks,
  failUnhandled,
  findConvicts,
  findFinishedTokens,
  findForgottenWorkers,
  findGoneWorkers,
  findSubmission,
  finishFailed,
  finishSucceeded,
  keepForeignMessages,
  listRedriveWork,
  lockGoneWorker,
  markConfirmed,
  noteLateOutcome,
  openDeadLetters,
  openOverdueDeadLetters,
  readStandings,
  recallDeadLetter,
  recallMembers,
  redriveDeadLetter,
  releaseUnseenTickets,
  rescheduleAttempts,
  rescueAttempts,
  returnBystanders,
  returnUnhandled,
  submitTasks,
  submitTasksWithKey,
  takeDueTickets,
} as const

/** Runs the statement of that name; its own comment says what it guarantees. */
export function performStatement(
  executor: Executor,
  { statement, args }: { readonly statement: keyof typeof STATEMENTS; readonly args: readonly unknown[] },
): Promise<unknown> {
  // A name and its arguments fit together where they were made; TypeScript cannot follow the pair into a union.
  const run = STATEMENTS[statement] as (executor: Executor, ...args: readonly unknown[]) => Promise<unknown>
  return run(executor, ...args)
}
