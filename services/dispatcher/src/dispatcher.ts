import { establishTopology, TopologyDriftError } from '@redrive/shared/broker'
import { createDatabase, type Database, requireLedgerSchema } from '@redrive/shared/database'
import {
  awaitSchema,
  Loop,
  OperationsServer,
  type createMetrics,
  type DispatcherSettings,
  type Events,
  type Logger,
} from '@redrive/shared/runtime'
import { LANES, type Lane } from '@redrive/shared/task'
import { createBrokerLinks, type BrokerLinks } from './broker-links.ts'
import { checkReadiness } from './check-readiness.ts'
import { createExpiry } from './create-expiry.ts'
import { createGroupWatch } from './create-group-watch.ts'
import { registerDispatcherGauges } from './dispatcher-gauges.ts'
import { createNoteLost } from './create-note-lost.ts'
import { createRetention } from './create-retention.ts'
import { Leadership } from './leadership.ts'
import { createReconciling, type Reconciling } from './create-reconciling.ts'
import { ErrorRecorder } from './record-errors.ts'
import { LaneRelease } from './release-lane.ts'
import { WorkerRescue } from './rescue-workers.ts'
import { RedriveRun } from './run-redrives.ts'
import { watchReadiness } from './watch-readiness.ts'

export interface DispatcherOptions {
  readonly settings: DispatcherSettings
  readonly registry: ReturnType<typeof createMetrics>
  readonly events: Events
  readonly logger: Logger
  /** Something that only a person can put right: the process should end. */
  readonly onFatal: (error: Error) => void
}

const APPLICATION = 'redrive-dispatcher'
/** Another dispatcher takes over about this long after one is gone. */
const LEAD_EVERY_MS = 1_000
/** The sessions answer small questions; one that is not answered by then counts as a look that failed. */
const SESSION_TIMEOUT_MS = 5_000

/** What one dispatcher does for all, beside the release of each lane and the rescue. */
const WORKS = ['expire', 'groups', 'overdue', 'reconcile', 'redrive', 'retention', 'sweep'] as const

const releaseOf = (lane: Lane): string => `release ${lane}`

/**
 * One dispatcher: release of each lane, rescue, reconciliation, overdue dead letters, expiry, the watch over groups, redrives
 * of many and retention, each done by one of all dispatchers at a time; and the recorder of the error queue, in which all share.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #database: Database
  readonly #broker: BrokerLinks
  readonly #leadership: Leadership
  readonly #leading: Loop
  readonly #releases: readonly LaneRelease[]
  readonly #rescue: WorkerRescue
  readonly #reconciling: Reconciling
  readonly #expiry: Loop
  readonly #groups: Loop
  readonly #redrives: RedriveRun
  readonly #recorder: ErrorRecorder
  readonly #retention: Loop
  readonly #readiness: Loop
  readonly #operations: OperationsServer
  readonly #stopping = new AbortController()
  #isTopologyEstablished = false
  #stopped: Promise<void> | null = null

  constructor(options: DispatcherOptions) {
    const { settings, events, logger } = options
    this.#options = options
    this.#database = createDatabase({
      url: settings.databaseUrl,
      poolSize: settings.databasePoolSize,
      statementTimeoutMs: settings.databaseStatementTimeoutMs,
      applicationName: APPLICATION,
    })
    this.#broker = createBrokerLinks(settings, {
      events,
      logger,
      stopping: this.#stopping.signal,
      noteLost: createNoteLost(this.#database.db, events),
    })
    this.#leadership = this.#createLeadership()
    this.#leading = new Loop({
      name: 'leadership',
      intervalMs: LEAD_EVERY_MS,
      logger,
      step: async () => {
        await this.#leadership.takeFree()
        return 'idle'
      },
    })
    this.#releases = LANES.map((lane) => this.#createRelease(lane))
    this.#rescue = this.#createRescue()
    this.#reconciling = this.#createReconciling()
    const common = { db: this.#database.db, events, logger }
    this.#expiry = createExpiry({ ...common, isLeading: () => this.#leadership.holds('expire') })
    this.#groups = this.#createGroups()
    this.#redrives = this.#createRedrives()
    this.#retention = createRetention({
      ...common,
      intervalMs: settings.reconcileIntervalMs,
      days: settings.deadLetterRetentionDays,
      isLeading: () => this.#leadership.holds('retention'),
    })
    const { consuming, repair } = this.#broker
    this.#recorder = new ErrorRecorder({ ...common, connection: consuming, repairTopology: repair })
    const check = () => checkReadiness(this.#neededParts())
    this.#readiness = watchReadiness({ events, logger, check })
    this.#operations = new OperationsServer({
      host: settings.metricsHost,
      port: settings.metricsPort,
      registry: options.registry,
      events,
      isReady: check,
    })
    this.#registerGauges()
  }

  /** Resolves when the operations port is open. Everything else begins by itself, whatever is there or not. */
  async start(): Promise<void> {
    await this.#operations.start()
    const { publishing, consuming } = this.#broker
    publishing.start()
    consuming.start()
    this.#readiness.start()
    void this.#beginWork()
  }

  /** Once the ledger is there with what this version needs. */
  async #beginWork(): Promise<void> {
    const check = () => requireLedgerSchema(this.#database.db)
    const { events, logger } = this.#options
    const { signal } = this.#stopping
    if (!(await awaitSchema({ check, events, logger, signal }))) return
    this.#leading.start()
    this.#rescue.start()
    this.#reconciling.sweep.start()
    this.#reconciling.overdue.start()
    this.#expiry.start()
    this.#groups.start()
    this.#redrives.start()
    this.#retention.start()
    await this.#establishTopology()
  }

  /** Chooses nothing more, finishes what is under way, and closes everything. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#finish()
    await this.#stopped
  }

  /** What needs the queues begins when they are declared, so that a first start returns no tickets. */
  async #establishTopology(): Promise<void> {
    const { events, logger } = this.#options
    try {
      const isEstablished = await establishTopology(this.#broker.consuming, {
        logger,
        signal: this.#stopping.signal,
        noteLost: createNoteLost(this.#database.db, events),
      })
      if (!isEstablished || this.#stopping.signal.aborted) return
      this.#isTopologyEstablished = true
      events.emit('topology.asserted', {})
      this.#broker.publisher.start()
      this.#recorder.start()
      this.#reconciling.broker.start()
      for (const release of this.#releases) release.start()
    } catch (error) {
      this.#endOnDrift(error)
    }
  }

  async #finish(): Promise<void> {
    const { events } = this.#options
    const startedAt = performance.now()
    events.emit('service.stopping', {})
    this.#stopping.abort()
    const { publisher, publishing, consuming } = this.#broker
    await Promise.all([
      this.#readiness.stop(),
      this.#expiry.stop(),
      this.#groups.stop(),
      this.#redrives.stop(),
      this.#retention.stop(),
      this.#reconciling.broker.stop(),
      this.#reconciling.overdue.stop(),
      this.#reconciling.sweep.stop(),
      this.#rescue.stop(),
      this.#recorder.stop(),
      // The publisher answers for all it holds within its own deadline, so the batches in flight end with it.
      Promise.all(this.#releases.map((release) => release.stop())),
      publisher.stop(),
    ])
    await this.#leading.stop()
    await Promise.all([this.#leadership.release(), publishing.stop(), consuming.stop()])
    await this.#database.close()
    await this.#operations.stop()
    events.emit('service.stopped', { durationMs: Math.round(performance.now() - startedAt) })
  }

  #endOnDrift(error: unknown): void {
    if (!(error instanceof TopologyDriftError)) {
      this.#options.onFatal(error instanceof Error ? error : new Error(String(error)))
      return
    }
    const { kind, name } = error.drift
    this.#options.events.emit('topology.drifted', { object: `${kind} ${name}`, detail: error.message })
    this.#options.onFatal(error)
  }

  #createLeadership(): Leadership {
    const { settings, events, logger } = this.#options
    const lanes = new Map(LANES.map((lane) => [releaseOf(lane), lane]))
    return new Leadership({
      url: settings.databaseUrl,
      applicationName: `${APPLICATION} leadership`,
      statementTimeoutMs: SESSION_TIMEOUT_MS,
      works: [...lanes.keys(), ...WORKS],
      logger,
      onTaken: (work) => {
        const lane = lanes.get(work)
        if (lane !== undefined) events.emit('lane.held', { lane })
      },
    })
  }

  #createRelease(lane: Lane): LaneRelease {
    const { settings, events, logger } = this.#options
    const { publisher } = this.#broker
    return new LaneRelease({
      lane,
      db: this.#database.db,
      publisher,
      events,
      logger,
      graceMs: settings.releaseGraceMs,
      pollMs: settings.releasePollMs,
      mayRelease: () => this.#leadership.holds(releaseOf(lane)) && publisher.isReady,
      onReturned: () => this.#reconciling.broker.noteReturnedTickets(),
    })
  }

  #createRescue(): WorkerRescue {
    const { settings, events, logger } = this.#options
    return new WorkerRescue({
      session: {
        url: settings.databaseUrl,
        applicationName: `${APPLICATION} rescue`,
        statementTimeoutMs: SESSION_TIMEOUT_MS,
      },
      leaseMs: settings.workerLeaseMs,
      publisher: this.#broker.publisher,
      events,
      logger,
    })
  }

  #createReconciling(): Reconciling {
    const { settings, events, logger } = this.#options
    const { consuming, management } = this.#broker
    return createReconciling({
      db: this.#database.db,
      connection: consuming,
      management,
      events,
      logger,
      intervalMs: settings.reconcileIntervalMs,
      carriedAfterMs: settings.carriedAfterMs,
      isLeading: (work) => this.#leadership.holds(work),
      onDrift: (error) => this.#endOnDrift(error),
    })
  }

  #createGroups(): Loop {
    const { settings, events, logger } = this.#options
    return createGroupWatch({
      db: this.#database.db,
      events,
      logger,
      webhookUrl: settings.alertWebhookUrl,
      failuresPerMinute: settings.alertFailuresPerMinute,
      isLeading: () => this.#leadership.holds('groups'),
    })
  }

  #createRedrives(): RedriveRun {
    const { events, logger } = this.#options
    const isLeading = () => this.#leadership.holds('redrive')
    return new RedriveRun({ db: this.#database.db, events, logger, isLeading })
  }

  #neededParts() {
    return {
      db: this.#database.db,
      publisher: this.#broker.publisher,
      recorder: this.#recorder,
      isTopologyEstablished: () => this.#isTopologyEstablished,
    }
  }

  #registerGauges(): void {
    const { consuming, management } = this.#broker
    const works = [...LANES.map(releaseOf), ...WORKS]
    registerDispatcherGauges({
      registry: this.#options.registry,
      database: this.#database,
      connection: consuming,
      management,
      reconciling: this.#reconciling,
      leadership: () =>
        new Map([
          ...works.map((work) => [work, this.#leadership.holds(work)] as const),
          ['rescue', this.#rescue.isLeading] as const,
        ]),
      windows: () =>
        new Map(
          LANES.flatMap((lane, index) => {
            const size = this.#releases[index]?.windowSize ?? null
            return size === null ? [] : [[lane, size] as const]
          }),
        ),
    })
  }
}
