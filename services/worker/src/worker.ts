import { hostname } from 'node:os'
import { BrokerConnection, repairTopology, TopologyDriftError } from '@redrive/shared/broker'
import {
  createDatabase,
  doubtQueues,
  requireLedgerSchema,
  type TaskTypeRegistration,
} from '@redrive/shared/database'
import {
  awaitSchema,
  EVENTS,
  type Events,
  type Logger,
  newId,
  OperationsServer,
  type Readiness,
  readinessOf,
  version,
  type WorkerSettings,
} from '@redrive/shared/runtime'
import type { TaskType } from '@redrive/shared/task'
import type { Registry } from 'prom-client'
import { createFlow, type Flow } from './create-flow.ts'
import { drain } from './drain.ts'
import { LaneConsumers } from './lane-consumers.ts'
import { LedgerWatch } from './ledger-watch.ts'
import type { HandlerSettings } from './load-handlers.ts'
import { LoneProcesses } from './lone-processes.ts'
import { receiveTicket } from './receive-ticket.ts'
import { registerGauges } from './register-gauges.ts'
import { startPulse } from './pulse.ts'
import { registerTypes } from './register-types.ts'
import type { StallWatchPlan } from './stall-watch.ts'
import { startSweep } from './sweep-attempts.ts'
import { untilDone } from './until-done.ts'
import { watchAttempts } from './watch-attempts.ts'
import { within } from './within.ts'
import type { WorkerContext } from './worker-context.ts'
import { WorkerLease } from './worker-lease.ts'

export interface WorkerOptions {
  readonly settings: WorkerSettings
  readonly types: readonly TaskType[]
  /** What `describeTypes` made of them. */
  readonly registrations: readonly TaskTypeRegistration[]
  readonly logger: Logger
  readonly events: Events
  readonly registry: Registry
  /** The worker cannot go on: the process should stop it and end. Must not throw. */
  readonly onFatal: (error: Error) => void
}

const CLOSE_WITHIN_MS = 1_000

type Phase = 'starting' | 'working' | 'away' | 'draining'

/**
 * One worker: takes tickets from its lanes, claims their tasks in the ledger, runs the handlers, writes how they ended,
 * and settles the tickets.
 *
 * starting: waits for broker, ledger and lease. working ⇄ away: without ledger or lease for five seconds, it gives its
 * tickets back and takes none; attempts go on. Any → draining, for good.
 */
export class Worker {
  readonly #options: WorkerOptions
  readonly #stopping = new AbortController()
  readonly #givingUp = new AbortController()
  readonly #context: WorkerContext
  readonly #flow: Flow
  readonly #connection: BrokerConnection
  readonly #consumers: LaneConsumers
  readonly #lease: WorkerLease
  readonly #ledgerWatch: LedgerWatch
  readonly #operations: OperationsServer
  readonly #leaseTaken = Promise.withResolvers<void>()
  #background: (() => Promise<void>) | null = null
  #phase: Phase = 'starting'
  /** Pausing and resuming follow one another. */
  #consuming: Promise<void> = Promise.resolve()
  #stopped: Promise<void> | null = null

  constructor(options: WorkerOptions) {
    const { settings, events, registry } = options
    this.#options = options
    this.#context = createContext(options, this.#givingUp.signal)
    this.#flow = createFlow({
      context: this.#context,
      lanes: settings.workerLanes,
      slots: settings.workerConcurrency,
      mayClaim: () => this.#lease.isHeld && this.#phase === 'working',
      processes: new LoneProcesses({
        limit: settings.workerAttemptProcesses,
        handlers: handlerSettingsOf(settings),
        logger: options.logger,
      }),
    })
    this.#connection = createConnection(options, this.#context.workerId)
    this.#consumers = this.#createConsumers()
    this.#lease = this.#createLease()
    this.#ledgerWatch = new LedgerWatch({
      context: this.#context,
      lease: this.#lease,
      onAway: () => this.#leave(),
      onBack: () => this.#comeBack(),
    })
    const { metricsHost: host, metricsPort: port } = settings
    this.#operations = new OperationsServer({
      host,
      port,
      registry,
      events,
      isReady: () => this.#readiness(),
    })
    const { database } = this.#context
    registerGauges({ registry, database, flow: this.#flow, slots: settings.workerConcurrency })
  }

  /**
   * Resolves when the worker takes tickets, or was told to stop before. Waits for stores that are not there yet.
   * Throws what only a person can change: a drifted topology, a taken port, types that the ledger refuses.
   */
  async start(): Promise<void> {
    await this.#operations.start()
    this.#connection.start()
    const { signal } = this.#stopping
    try {
      const { database, events, logger } = this.#context
      const check = () => requireLedgerSchema(database.db)
      if (!(await awaitSchema({ check, events, logger, signal }))) return
      await this.#assertTopology(signal)
      await registerTypes(this.#context, this.#options.registrations, signal)
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
    // Registered before it consumes: a ticket that cannot be claimed would only go round.
    this.#lease.start()
    await this.#leaseTaken.promise
    if (!signal.aborted) this.#beginWork()
  }

  /** Finishes or gives back everything that it holds, within the grace. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#drainAndClose()
    await this.#stopped
  }

  get runningCount(): number {
    return this.#flow.running.size
  }

  #beginWork(): void {
    const { running, held } = this.#flow
    const attemptWatch = watchAttempts(this.#context, running)
    const { events, settings } = this.#options
    const stopSweep = startSweep({ running, held, events, abortGraceMs: settings.workerAbortGraceMs })
    this.#background = async () => {
      this.#ledgerWatch.stop()
      stopSweep()
      await attemptWatch.stop()
    }
    this.#phase = 'working'
    this.#ledgerWatch.start()
    attemptWatch.start()
    this.#consumers.start()
    events.emit('service.ready', {})
  }

  async #drainAndClose(): Promise<void> {
    const startedAtMs = performance.now()
    const { events, settings } = this.#options
    const { workerId, database } = this.#context
    this.#phase = 'draining'
    this.#stopping.abort(new Error('The worker stops.'))
    this.#leaseTaken.resolve()
    events.emit('service.stopping', {})
    events.emit('worker.draining', { workerId, running: this.#flow.running.size })
    const { shutdownGraceMs: graceMs } = settings
    const parts = { ...this.#flow, consumers: this.#consumers, lease: this.#lease }
    const isEverythingSettled = await drain({ ...parts, graceMs, givingUp: this.#givingUp })
    const backgroundDone = Promise.all([this.#flow.progress.stop(), this.#background?.()])
    await this.#consumers.close()
    await this.#lease.stop(isEverythingSettled)
    await this.#connection.stop()
    // A frozen ledger would keep its statements, and so the pool, open for longer than anybody waits.
    await within(CLOSE_WITHIN_MS, backgroundDone)
    await within(CLOSE_WITHIN_MS, database.close())
    await this.#operations.stop()
    events.emit('service.stopped', { durationMs: Math.round(performance.now() - startedAtMs) })
  }

  async #assertTopology(signal: AbortSignal): Promise<void> {
    const { events, logger } = this.#options
    await untilDone(() => this.#repairTopology(), {
      what: 'declare exchanges and queues in RabbitMQ',
      isHopeless: (error) => error instanceof TopologyDriftError,
      logger,
      signal,
    }).catch((error: unknown) => {
      if (error instanceof TopologyDriftError) events.emit('topology.drifted', { object: error.drift.name })
      throw error
    })
    events.emit('topology.asserted', {})
  }

  async #repairTopology(): Promise<void> {
    const { database, events } = this.#context
    await repairTopology(this.#connection, async (lost) => {
      await doubtQueues(database.db, lost)
      const { lanes, isErrorQueueLost } = lost
      events.emit('queues.missing', { queues: [...lanes, ...(isErrorQueueLost ? ['error'] : [])].join(', ') })
    })
  }

  /** Attempts go on, and their ends wait for the ledger; tickets without an attempt are for workers that have it. */
  #leave(): void {
    if (this.#phase !== 'working') return
    this.#phase = 'away'
    this.#consuming = this.#consuming.then(async () => {
      await this.#consumers.pause()
      this.#flow.held.close()
    })
  }

  #comeBack(): void {
    if (this.#phase !== 'away') return
    this.#phase = 'working'
    this.#consuming = this.#consuming.then(async () => {
      if (this.#phase !== 'working') return
      this.#flow.held.open()
      await this.#consumers.resume()
    })
  }

  #readiness(): Readiness {
    const idle = this.#consumers.idleLanes()
    return readinessOf({
      worker: this.#phase === 'working' ? 'ok' : this.#phase,
      lease: this.#lease.isHeld ? 'ok' : this.#lease.reason,
      consumers: idle.length === 0 ? 'ok' : `not consuming: ${idle.join(', ')}`,
      ledger: this.#ledgerWatch.isAnswering ? 'ok' : 'no answer, or no lease, at the last look',
    })
  }

  #createConsumers(): LaneConsumers {
    const { settings, logger, events } = this.#options
    const { held } = this.#flow
    return new LaneConsumers({
      connection: this.#connection,
      lanes: settings.workerLanes,
      prefetch: settings.workerPrefetch,
      logger,
      onDelivery: (lane, delivery) => receiveTicket(delivery, { lane, held, events, logger }),
      onLost: (lane) => held.loseDeliveries(lane),
      repairTopology: () => this.#repairTopology(),
    })
  }

  /** Null where the setting says that a blocked event loop is left alone. */
  #planStallWatch(): StallWatchPlan | null {
    const { workerStallLimitMs: limitMs, logLevel } = this.#options.settings
    if (limitMs === 0) return null
    return {
      pulse: startPulse(),
      limitMs,
      workerId: this.#context.workerId,
      logLevel,
      meaning: EVENTS['worker.blocked'].meaning,
    }
  }

  #createLease(): WorkerLease {
    const { settings, types, logger, events, onFatal } = this.#options
    const {
      databaseUrl,
      workerLanes: lanes,
      workerConcurrency: concurrency,
      workerPrefetch: prefetch,
      workerLeaseMs: leaseMs,
    } = settings
    const worker = {
      id: this.#context.workerId,
      host: this.#context.host,
      pid: process.pid,
      version,
      lanes,
      types: types.map(({ name }) => name),
      concurrency,
      prefetch,
    }
    return new WorkerLease({
      plan: { databaseUrl, worker, leaseMs, stall: this.#planStallWatch() },
      events,
      logger,
      onChange: () => {
        if (this.#lease.isHeld) this.#leaseTaken.resolve()
        this.#flow.claimer.nudge()
      },
      onDied: onFatal,
    })
  }
}

/** What goes over to another process: no more of the settings than its task types need. */
function handlerSettingsOf({
  workerHandlers,
  httpAllowedTargets,
  webhookSecret,
}: WorkerSettings): HandlerSettings {
  return { workerHandlers, httpAllowedTargets, webhookSecret }
}

function createContext(
  { settings, types, events, logger }: WorkerOptions,
  givingUp: AbortSignal,
): WorkerContext {
  const workerId = newId()
  const database = createDatabase({
    url: settings.databaseUrl,
    poolSize: settings.databasePoolSize,
    statementTimeoutMs: settings.databaseStatementTimeoutMs,
    applicationName: `redrive worker ${workerId}`,
  })
  const byName = new Map(types.map((type) => [type.name, type]))
  return { workerId, host: hostname(), database, events, logger, types: byName, givingUp }
}

function createConnection({ settings, logger }: WorkerOptions, workerId: string): BrokerConnection {
  return new BrokerConnection({
    urls: settings.amqpUrl,
    name: `redrive worker ${workerId}`,
    logger,
    // The broker gives back what a cut-off host held after two to three of them, which is to be within the lease.
    heartbeatS: Math.max(1, Math.floor(settings.workerLeaseMs / 3_000)),
  })
}
