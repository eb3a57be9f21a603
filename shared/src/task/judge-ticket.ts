import type { EndedState } from './task-state.ts'
import type { Ticket } from './ticket.ts'

export type DeadLetterState = 'carried' | 'open' | 'redriven' | 'discarded'

/** What the ledger knows about the task of a ticket that could not be claimed. */
export interface TicketStanding {
  readonly taskId: string
  /** Null while the task is open. */
  readonly ended: EndedState | null
  /** The current dispatch number: the open row's, or the last one of an ended task. */
  readonly number: number
  readonly isRunning: boolean
  readonly isDue: boolean
  /** Its deadline has passed; unless it runs, a dispatcher ends it. */
  readonly isExpired: boolean
  readonly type: string
  /** The state of the dead letter with this ticket's number, where there is one. */
  readonly deadLetter: DeadLetterState | null
}

/** Under which the ledger's answer has the standing of a ticket's task. */
export function standingKey(ticket: Ticket): string {
  return `${ticket.taskId}.${ticket.number}`
}

export type TicketVerdict =
  /** Nothing will ever be done with it: acknowledge. */
  | 'void'
  /** The task failed, but its dead letter has not arrived: let the broker carry it again. */
  | 'reject'
  /** The task waits for its time: acknowledge, release sends it again. */
  | 'not_due'
  /** Another worker has to run this type: next number, short delay, uncharged. */
  | 'unhandled'
  /** The ledger is older than the broker: release above both numbers. */
  | 'ledger_behind'
  /** Claimable, but this worker was not allowed to at that moment. */
  | 'claim_again'

/** Judges a ticket that claimed nothing. Pure, so that worker, recorder and simulation agree. */
export function judgeTicket(
  ticketNumber: number,
  standing: TicketStanding | null,
  handles: (type: string) => boolean,
): TicketVerdict {
  if (standing === null) return 'reject'
  if (standing.ended === 'failed' && standing.deadLetter === 'carried') return 'reject'
  if (standing.ended !== null || standing.number > ticketNumber) return 'void'
  if (standing.number < ticketNumber) return 'ledger_behind'
  if (standing.isRunning || standing.isExpired) return 'void'
  if (!standing.isDue) return 'not_due'
  return handles(standing.type) ? 'claim_again' : 'unhandled'
}
