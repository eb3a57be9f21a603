import type { ClaimedAttempt } from '@redrive/shared/database'
import { endAttempt, runFlow } from '@redrive/shared/protocol'
import type { TaskProgress } from '@redrive/shared/task'
import type { HeldTicket, HeldTickets } from './held-tickets.ts'
import { maskOutcome } from './mask-outcome.ts'
import { type PerformEffect, SOURCES } from './perform-effect.ts'
import type { ProgressReports } from './progress-reports.ts'
import type { LoneProcesses } from './lone-processes.ts'
import { runAlone, runsAlone } from './run-alone.ts'
import { runAttempt } from './run-attempt.ts'
import type { RunningAttempt, RunningAttempts } from './running-attempts.ts'
import type { WorkerContext } from './worker-context.ts'

interface AttemptRunnerOptions {
  readonly context: WorkerContext
  readonly held: HeldTickets
  readonly perform: PerformEffect
  readonly running: RunningAttempts
  readonly progress: ProgressReports
  readonly processes: LoneProcesses
}

/** Takes each claimed attempt through its life: run, decide, write, settle. */
export class AttemptRunner {
  readonly #options: AttemptRunnerOptions
  #isUncertain = false

  constructor(options: AttemptRunnerOptions) {
    this.#options = options
  }

  /** True when the end of an attempt could not be written: the ledger still shows it as running here. */
  get isUncertain(): boolean {
    return this.#isUncertain
  }

  /** Begins a claimed attempt and returns at once. Never throws. */
  begin(claimed: ClaimedAttempt, held: HeldTicket): void {
    const { context, running } = this.#options
    const type = context.types.get(claimed.type)
    // The claim names the types that this worker has, so there is no other in its answer.
    if (type === undefined) return
    const attempt = running.add(claimed, type, held)
    const { taskId, attempt: number, lane } = claimed
    context.events.emit('attempt.started', {
      taskId,
      type: type.name,
      attempt: number,
      lane,
      workerId: context.workerId,
    })
    void this.#carryThrough(attempt)
  }

  async #carryThrough(attempt: RunningAttempt): Promise<void> {
    const { context, perform, running, progress, processes } = this.#options
    const reportProgress = (one: RunningAttempt, reported: TaskProgress): void =>
      progress.report(one, reported)
    try {
      const outcome = runsAlone(attempt)
        ? await runAlone(attempt, { processes, reportProgress })
        : await runAttempt(attempt, { context, reportProgress })
      await progress.flush(attempt.claimed.token)
      await runFlow(endAttempt(maskOutcome(outcome, attempt), { attempt, sources: SOURCES }), perform)
    } catch (error) {
      this.#leaveToRescue(attempt, error)
    } finally {
      running.remove(attempt)
    }
  }

  /** Nothing was written: the attempt is the ledger's to end, once this worker is gone. */
  #leaveToRescue(attempt: RunningAttempt, error: unknown): void {
    const { context, held } = this.#options
    const { taskId, attempt: number, type } = attempt.claimed
    this.#isUncertain = true
    context.logger.error({ error, taskId, attempt: number, type }, 'The end of an attempt was not written.')
    held.settle(attempt.held, 'giveBack')
  }
}
