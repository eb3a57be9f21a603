import type { TicketPublisher } from '@redrive/shared/broker'
import {
  classifyDatabaseError,
  findForgottenWorkers,
  performStatement,
  type Executor,
  type Session,
} from '@redrive/shared/database'
import {
  type Ask,
  type Flow,
  type Judgement,
  lookForDead,
  type LookMemory,
  NOTHING_SEEN,
  type ReadGeneration,
  type RescueEffect,
  rescueWorker,
  runFlow,
} from '@redrive/shared/protocol'
import { Loop, newId, reachCrashPoint, type Events, type Logger } from '@redrive/shared/runtime'
import { Leadership, type LeadershipOptions } from './leadership.ts'
import { sendTickets } from './send-tickets.ts'

export interface WorkerRescueOptions {
  readonly session: Pick<LeadershipOptions, 'url' | 'applicationName' | 'statementTimeoutMs'>
  /** How long a worker may be silent; also the length of every pause. */
  readonly leaseMs: number
  readonly publisher: TicketPublisher
  readonly events: Events
  readonly logger: Logger
}

const WORK = 'rescue'
const SOURCES = { newId, nowMs: () => performance.now() }
/** Between the two looks that must both see a lock free. */
const LOOK_EVERY_MS = 500
const TRY_TO_LEAD_EVERY_MS = 1_000
/** A claim that was under way when its worker was given up is found by one of these; `findGoneWorkers` names it for a minute. */
const SWEEP_EVERY_MS = 3_000
/** And one that came later still, while no dispatcher led, by one of these, which read every open row. */
const SEARCH_EVERY_MS = 60_000

/**
 * Looks for dead workers all the time, and takes back what they were running while it leads. Those that do not lead
 * look as well, so that a new leader has seen enough to act at once.
 *
 * What is taken back in which order is `rescueWorker`. It has a connection of its own for looking, leading and writing, so that the same server does all three.
 */
export class WorkerRescue {
  readonly #options: WorkerRescueOptions
  readonly #leadership: Leadership
  readonly #loop: Loop
  #memory: LookMemory = NOTHING_SEEN
  #wasPaused = false
  #triedToLeadAtMs = -Infinity
  #sweptAtMs = -Infinity
  #searchedAtMs = -Infinity

  constructor(options: WorkerRescueOptions) {
    this.#options = options
    const { logger } = options
    this.#leadership = new Leadership({ ...options.session, works: [WORK], logger })
    this.#loop = new Loop({
      name: WORK,
      intervalMs: LOOK_EVERY_MS,
      logger,
      step: (signal) => this.#step(signal),
    })
  }

  get isLeading(): boolean {
    return this.#leadership.holds(WORK)
  }

  start(): void {
    this.#loop.start()
  }

  /** Finishes the rescue that is under way and lets another dispatcher lead. */
  async stop(): Promise<void> {
    await this.#loop.stop()
    await this.#leadership.release()
  }

  async #step(signal: AbortSignal): Promise<'idle'> {
    try {
      await this.#tryToLead()
      await this.#lookAndRescue(signal)
      return 'idle'
    } catch (error) {
      // A deadlock only undid one rescue, which is repeated; after anything else it is unknown what was missed.
      if (classifyDatabaseError(error) !== 'again') this.#memory = NOTHING_SEEN
      throw error
    }
  }

  async #tryToLead(): Promise<void> {
    const nowMs = performance.now()
    if (this.isLeading || nowMs - this.#triedToLeadAtMs < TRY_TO_LEAD_EVERY_MS) return
    this.#triedToLeadAtMs = nowMs
    await this.#leadership.takeFree()
  }

  async #lookAndRescue(signal: AbortSignal): Promise<void> {
    const { leaseMs } = this.#options
    const order = { memory: this.#memory, leaseMs, sources: SOURCES }
    const { look, ...judgement } = await this.#run(lookForDead(order))
    this.#memory = judgement.memory
    this.#tellPause(judgement)
    if (judgement.isPaused || !this.isLeading) return
    const { generation, recentlyLost } = look
    for (const worker of judgement.lost) {
      if (!signal.aborted) await this.#run(rescueWorker({ worker, generation, sources: SOURCES }))
    }
    await this.#sweep(recentlyLost, generation)
  }

  #tellPause({ isPaused }: Judgement): void {
    if (isPaused === this.#wasPaused) return
    this.#wasPaused = isPaused
    const { logger, leaseMs } = this.#options
    if (isPaused)
      logger.info({ leaseMs }, 'Rescue pauses for one lease, so that workers can show that they live.')
    else logger.info('Rescue goes on.')
  }

  async #sweep(recentlyLost: readonly string[], generation: number): Promise<void> {
    const nowMs = performance.now()
    if (nowMs - this.#sweptAtMs < SWEEP_EVERY_MS) return
    this.#sweptAtMs = nowMs
    const forgotten = nowMs - this.#searchedAtMs < SEARCH_EVERY_MS ? [] : await this.#findForgotten(nowMs)
    for (const id of new Set([...recentlyLost, ...forgotten]))
      await this.#run(rescueWorker({ worker: { id, host: null }, generation, sources: SOURCES }))
  }

  async #findForgotten(nowMs: number): Promise<readonly string[]> {
    const forgotten = await findForgottenWorkers(this.#leadership.session.db)
    this.#searchedAtMs = nowMs
    return forgotten
  }

  #run<Result>(flow: Flow<RescueEffect, Result>): Promise<Result> {
    const { events, publisher } = this.#options
    const { session } = this.#leadership
    return runFlow(flow, (effect) => {
      switch (effect.do) {
        case 'emit':
          return events.tell(effect.event)
        case 'inTransaction':
          return session.db
            .transaction()
            .execute((transaction) =>
              runFlow(effect.begin(), (one) => performInSession(one, { session, executor: transaction })),
            )
        case 'publish':
          return sendTickets(publisher, effect)
        case 'reach':
          return reachCrashPoint(effect.point)
        default:
          return performInSession(effect, { session, executor: session.db })
      }
    })
  }
}

function performInSession(
  effect: Ask | ReadGeneration,
  { session, executor }: { readonly session: Session; readonly executor: Executor },
): unknown {
  return effect.do === 'ask' ? performStatement(executor, effect) : session.generation()
}
