import { judgeTicket, type ParsedTicket, type TicketStanding } from '../task/index.ts'

/**
 * What a message of the error queue is.
 * open: a failed task's ticket has arrived. void: nothing is left to do with it. foreign: it belongs to no task.
 * bystander: the broker gave up the ticket of a task to which nothing had happened.
 * ledger_behind: the same, under a number that the ledger has forgotten.
 */
export type SortedMessage =
  | { readonly kind: 'open' | 'void' | 'bystander' | 'ledger_behind' }
  | { readonly kind: 'foreign'; readonly reason: ForeignReason; readonly detail: string }

export type ForeignReason = 'not_json' | 'not_a_ticket' | 'unknown_task'

/** @param standing what the ledger knows about the ticket's task; null when there is no ticket or no such task */
export function sortErrorMessage(parsed: ParsedTicket, standing: TicketStanding | null): SortedMessage {
  if ('problem' in parsed) return { kind: 'foreign', reason: parsed.problem, detail: parsed.detail }
  const { taskId, number } = parsed.ticket
  if (standing === null) {
    return { kind: 'foreign', reason: 'unknown_task', detail: `there is no task ${taskId}` }
  }
  // Nobody runs anything here, so there is no type that would be handled elsewhere.
  const verdict = judgeTicket(number, standing, () => true)
  switch (verdict) {
    case 'reject':
      return { kind: 'open' }
    case 'ledger_behind':
      return { kind: 'ledger_behind' }
    case 'claim_again':
    case 'unhandled':
      return { kind: 'bystander' }
    case 'void':
    // Release sends it when its time comes, and a ticket that came before then was not sent by release.
    case 'not_due':
      return { kind: 'void' }
  }
}
