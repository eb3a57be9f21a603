import { randomUUID } from 'node:crypto'
import { type ClaimedAttempt, performStatement } from '@redrive/shared/database'
import type {
  Ask,
  Begin,
  Emit,
  End,
  Judge,
  NoteLate,
  Reach,
  Settle,
  Sources,
  WaitAgain,
} from '@redrive/shared/protocol'
import { newId, reachCrashPoint } from '@redrive/shared/runtime'
import type { FinishBatches } from './finish-batches.ts'
import type { HeldTicket, HeldTickets } from './held-tickets.ts'
import { keepLateOutcome } from './keep-late-outcome.ts'
import { askLedger, type WorkerContext } from './worker-context.ts'

/** What the flows of a worker do to the ledger, the broker and the worker itself. */
export type WorkerEffect =
  | Ask
  | Begin<HeldTicket>
  | Emit
  | End
  | Judge<HeldTicket>
  | NoteLate
  | Reach
  | Settle<HeldTicket>
  | WaitAgain<HeldTicket>

export interface EffectParts {
  readonly context: WorkerContext
  readonly held: HeldTickets
  readonly finish: Pick<FinishBatches, 'end'>
  readonly begin: (attempt: ClaimedAttempt, held: HeldTicket) => void
  /** Has tickets judged in the background. */
  readonly judge: (tickets: readonly HeldTicket[]) => void
}

export type PerformEffect = (effect: WorkerEffect) => unknown

/** Of a real worker. */
export const SOURCES: Sources = {
  newId,
  newToken: randomUUID,
  random: Math.random,
  nowMs: () => performance.now(),
}

/**
 * Performs the effects of the worker's flows. Statements wait until the ledger answers; all else is done at once, and
 * what goes on in the background is answered when it has begun.
 */
export function createPerform(parts: EffectParts): PerformEffect {
  const { context, held, finish, begin, judge } = parts
  return (effect) => {
    switch (effect.do) {
      case 'ask':
        return askLedger(context, () => performStatement(context.database.db, effect))
      case 'begin':
        return begin(effect.attempt, effect.held)
      case 'emit':
        return context.events.tell(effect.event)
      case 'end':
        return finish.end(effect)
      case 'judge':
        return judge(effect.tickets)
      case 'noteLate':
        return void keepLateOutcome(effect.claimed, effect.outcome, context)
      case 'reach':
        return reachCrashPoint(effect.point)
      case 'settle':
        return held.settle(effect.held, effect.as)
      case 'waitAgain':
        effect.held.vainClaims = effect.vainClaims
        return held.waitAgain(effect.held, effect.delayMs)
    }
  }
}
