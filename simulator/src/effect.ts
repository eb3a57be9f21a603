import type {
  Acknowledge,
  Ask,
  Begin,
  Emit,
  End,
  ErrorMessage,
  Flow,
  InBackground,
  InspectLane,
  InTransaction,
  Judge,
  MarkLater,
  NoteLate,
  NoteRepair,
  NoteReturned,
  Publish,
  Reach,
  ReadGeneration,
  Send,
  Settle,
  WaitAgain,
} from '@redrive/shared/protocol'
import type { Delivered } from './memory-broker.ts'
import type { Held } from './processes.ts'

/** A message of the error queue in a dispatcher's hands. */
export interface ErrorInHand extends ErrorMessage {
  readonly delivered: Delivered
}

/** Every effect that any flow asks for. */
export type Effect =
  | Acknowledge<ErrorInHand>
  | Ask
  | Begin<Held>
  | Emit
  | End
  | InBackground<Effect>
  | InspectLane
  | InTransaction
  | Judge<Held>
  | MarkLater
  | NoteLate
  | NoteRepair
  | NoteReturned
  | Publish
  | Reach
  | ReadGeneration
  | Send
  | Settle<Held>
  | WaitAgain<Held>

export type AnyFlow = Flow<Effect, unknown>
