import { setTimeout as delay } from 'node:timers/promises'
import { runFlow, settleUnclaimed } from '@redrive/shared/protocol'
import type { Lane } from '@redrive/shared/task'
import { AttemptRunner } from './attempt-runner.ts'
import { Claimer } from './claimer.ts'
import { FinishBatches } from './finish-batches.ts'
import { type HeldTicket, HeldTickets } from './held-tickets.ts'
import type { LoneProcesses } from './lone-processes.ts'
import { createPerform, type PerformEffect, SOURCES } from './perform-effect.ts'
import { ProgressReports } from './progress-reports.ts'
import { RunningAttempts } from './running-attempts.ts'
import type { WorkerContext } from './worker-context.ts'

interface FlowOptions {
  readonly context: WorkerContext
  readonly lanes: readonly Lane[]
  /** Attempts that may be claimed and unfinished at once. */
  readonly slots: number
  readonly mayClaim: () => boolean
  readonly processes: LoneProcesses
}

/** The way of a ticket through this worker: held, claimed, run, its end written, settled. */
export interface Flow {
  readonly held: HeldTickets
  readonly claimer: Claimer
  readonly running: RunningAttempts
  readonly runner: AttemptRunner
  readonly progress: ProgressReports
  readonly processes: LoneProcesses
}

/** After a fault of ours or of the schema, which a person has to repair. */
const PAUSE_AFTER_FAULT_MS = 1_000

/** Connects the steps: a ticket that arrives and a slot that is freed both lead to the next claim. */
export function createFlow(options: FlowOptions): Flow {
  const { context, lanes, slots, mayClaim, processes } = options
  const held: HeldTickets = new HeldTickets({ lanes, onWaiting: () => claimer.nudge() })
  const running: RunningAttempts = new RunningAttempts(() => claimer.nudge())
  const progress = new ProgressReports(context)
  const perform: PerformEffect = createPerform({
    context,
    held,
    finish: new FinishBatches(context),
    begin: (attempt, ticket) => runner.begin(attempt, ticket),
    judge: (tickets) => void settleOrKeep(tickets, { context, held, perform }),
  })
  const runner: AttemptRunner = new AttemptRunner({ context, held, perform, running, progress, processes })
  const freeSlots = (): number => slots - running.size
  const claimer: Claimer = new Claimer({ context, held, perform, freeSlots, mayClaim })
  return { held, claimer, running, runner, progress, processes }
}

interface Judging {
  readonly context: WorkerContext
  readonly held: HeldTickets
  readonly perform: PerformEffect
}

/** Tickets whose standing could not be read or acted on wait again: the next claim finds out anew. Never rejects. */
async function settleOrKeep(
  tickets: readonly HeldTicket[],
  { context, held, perform }: Judging,
): Promise<void> {
  const { workerId, host, types } = context
  const judging = { workerId, host, handles: (type: string) => types.has(type), sources: SOURCES }
  try {
    await runFlow(settleUnclaimed(tickets, judging), perform)
  } catch (error) {
    context.logger.error(
      { error, tickets: tickets.length },
      'Tickets that claimed nothing could not be judged.',
    )
    await delay(context.givingUp.aborted ? 0 : PAUSE_AFTER_FAULT_MS)
    for (const ticket of tickets) if (held.has(ticket)) held.waitAgain(ticket)
  }
}
