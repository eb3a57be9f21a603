import {
  BrokerConnection,
  establishTopology,
  ManagementClient,
  type NoteLost,
  repairTopology,
  TicketPublisher,
  virtualHostOf,
} from '@redrive/shared/broker'
import { createDatabase, doubtQueues, type Database, requireLedgerSchema } from '@redrive/shared/database'
import {
  type ApiSettings,
  awaitSchema,
  type createMetrics,
  type Events,
  type Logger,
  type Loop,
  OperationsServer,
  type Readiness,
} from '@redrive/shared/runtime'
import { setTimeout as pause } from 'node:timers/promises'
import type { ApiParts } from './api-parts.ts'
import { checkReadiness } from './check-readiness.ts'
import { Admission } from './http/admission.ts'
import { BodyRoom } from './http/body-room.ts'
import { createApp } from './http/create-app.ts'
import { createCutReporter } from './http/create-cut-reporter.ts'
import { HttpServer } from './http/http-server.ts'
import { LoadWatch } from './http/load-watch.ts'
import { allRoutes } from './routes/all-routes.ts'
import { BacklogGate } from './submission/backlog-gate.ts'
import { ConfirmMarker } from './submission/confirm-marker.ts'
import { DirectRelease } from './submission/direct-release.ts'
import { LaneGate } from './submission/lane-gate.ts'
import { Submitter } from './submission/submitter.ts'
import { TaskTypeDirectory } from './task-types/task-type-directory.ts'
import { TenantDirectory } from './tenants/tenant-directory.ts'
import { EndingWatch } from './waiting/ending-watch.ts'
import { chooseConnectionLimit } from './http/choose-connection-limit.ts'
import { registerGauges } from './register-gauges.ts'
import { watchLedger } from './watch-ledger.ts'

export interface ApiOptions {
  readonly settings: ApiSettings
  readonly registry: ReturnType<typeof createMetrics>
  readonly events: Events
  readonly logger: Logger
  /** Something that only a person can put right: the process should end. */
  readonly onFatal: (error: unknown) => void
}

/** Left of the grace for what follows the last answer, if there is so much: confirms, marks, connections. */
const AFTER_ANSWERS_MS = 8_000
/** A bulk submission of full size takes about 100 MB while it is read and stored, and the heap of a container is small. */
const BULKS_AT_ONCE = 2
/** One of a thousand returned tickets is enough. */
const REPAIR_EVERY_MS = 1_000
/** Kept of the grace for ending the process itself. */
const EXIT_MS = 1_000

/**
 * One api process. It listens at once, whatever of Postgres and RabbitMQ is there: requests that need the ledger are
 * answered with 503 until it is. Stopping answers what has begun and lets go of everything.
 */
export class Api {
  readonly #options: ApiOptions
  readonly #database: Database
  readonly #connection: BrokerConnection
  readonly #publisher: TicketPublisher
  readonly #gate: LaneGate
  readonly #marker: ConfirmMarker
  readonly #release: DirectRelease
  readonly #load: LoadWatch
  readonly #parts: ApiParts
  readonly #server: HttpServer
  readonly #operations: OperationsServer
  readonly #ledgerWatch: Loop
  readonly #stopping = new AbortController()
  #repairedAtMs = -Infinity
  readonly #noteLost: NoteLost = async (lost) => {
    await doubtQueues(this.#database.db, lost)
    const { lanes, isErrorQueueLost } = lost
    const queues = [...lanes, ...(isErrorQueueLost ? ['error'] : [])].join(', ')
    this.#options.events.emit('queues.missing', { queues })
  }
  #stopped: Promise<void> | null = null

  constructor(options: ApiOptions) {
    const { settings, registry, events, logger } = options
    this.#options = options
    this.#database = createDatabase({
      url: settings.databaseUrl,
      poolSize: settings.databasePoolSize,
      statementTimeoutMs: settings.databaseStatementTimeoutMs,
      applicationName: 'redrive-api',
    })
    const { db } = this.#database
    this.#connection = this.#connect()
    this.#publisher = new TicketPublisher({
      connection: this.#connection,
      logger,
      repairTopology: () => this.#repairTopology(),
    })
    this.#gate = new LaneGate({ db, logger })
    this.#marker = new ConfirmMarker({ db, logger })
    this.#release = new DirectRelease({
      publisher: this.#publisher,
      gate: this.#gate,
      marker: this.#marker,
      events,
      onReturned: () => void this.#repairReturned(),
    })
    this.#load = new LoadWatch({
      database: this.#database,
      events,
      limits: { loopDelayMs: settings.shedLoopDelayMs, poolWaitMs: settings.shedPoolWaitMs },
    })
    this.#parts = this.#createParts()
    const maxConnections = chooseConnectionLimit(settings, events)
    const listener = createApp(allRoutes(), this.#parts).callback()
    this.#server = new HttpServer({
      host: settings.host,
      port: settings.port,
      listener: (...pair) => void listener(...pair),
      maxConnections,
      onCut: createCutReporter(events, maxConnections),
    })
    const isReady = () => this.#readiness()
    this.#operations = new OperationsServer({
      host: settings.metricsHost,
      port: settings.metricsPort,
      registry,
      events,
      isReady,
    })
    this.#ledgerWatch = watchLedger({ events, logger, check: isReady })
    registerGauges(registry, {
      poolCounts: () => this.#database.poolCounts(),
      connections: () => this.#server.connections(),
      load: this.#load,
      parts: this.#parts,
    })
  }

  /** Resolves when both ports are open. Rejects when one of them cannot be used. */
  async start(): Promise<void> {
    const { settings, events, logger } = this.#options
    await this.#operations.start()
    this.#connection.start()
    void this.#establishTopology()
    // Only to say so: readiness looks by itself, and what is asked meanwhile is refused by the ledger.
    const check = () => requireLedgerSchema(this.#database.db)
    void awaitSchema({ check, events, logger, signal: this.#stopping.signal })
    const { types, endings, backlog } = this.#parts
    for (const part of [this.#gate, this.#marker, types, endings, backlog, this.#load, this.#ledgerWatch])
      part.start()
    const port = await this.#server.start()
    events.emit('api.listening', { host: settings.host, port })
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#finish()
    await this.#stopped
  }

  async #finish(): Promise<void> {
    const { events, logger, settings } = this.#options
    const startedAtMs = performance.now()
    events.emit('service.stopping', {})
    this.#stopping.abort()
    const { shutdownGraceMs, stopNoticeMs } = settings
    // From here on `/readyz` says no, and whoever has not heard of it yet is served all the same. Each answer closes its
    // connection, so that a balancer holds few idle ones, into which it could still send, when the door closes.
    this.#server.closeAfterAnswers()
    await pause(stopNoticeMs)
    const leftForAnswersMs = shutdownGraceMs - stopNoticeMs
    const answered = this.#server.stop(Math.max(leftForAnswersMs - AFTER_ANSWERS_MS, leftForAnswersMs / 2))
    await this.#parts.endings.stop()
    await answered
    const leftMs = shutdownGraceMs - (performance.now() - startedAtMs) - EXIT_MS
    const isDone = await Promise.race([this.#letGo().then(() => true), pause(leftMs, false, { ref: false })])
    // Nothing that was accepted depends on it: what is not noted is found by release.
    if (!isDone) logger.warn('A store did not answer while the api stopped; confirms may not be noted.')
    await this.#operations.stop()
    events.emit('service.stopped', { durationMs: Math.round(performance.now() - startedAtMs) })
  }

  /** After the last answer, in the order of a task's way: its commit, its ticket, the note of its confirm. */
  async #letGo(): Promise<void> {
    const { types, submitter, backlog } = this.#parts
    this.#load.stop()
    const loops = [this.#gate, types, backlog, this.#ledgerWatch]
    await Promise.all([submitter, ...loops].map((part) => part.stop()))
    await this.#publisher.stop()
    await this.#release.settled()
    await Promise.all([this.#marker.stop(), this.#connection.stop()])
    await this.#database.close()
  }

  #connect(): BrokerConnection {
    const { settings, events, logger } = this.#options
    const name = 'redrive-api'
    return new BrokerConnection({
      urls: settings.amqpUrl,
      name,
      logger,
      onState: (state) => {
        if (state === 'disconnected' && !this.#stopping.signal.aborted) events.emit('broker.lost', { name })
      },
    })
  }

  #createParts(): ApiParts {
    const { settings, events, logger } = this.#options
    const { db } = this.#database
    const { amqpManagementUrl: urls, maxRequests, maxBacklog, maxTenantBacklog } = settings
    const virtualHost = virtualHostOf(settings.amqpUrl[0] ?? '')
    return {
      settings,
      events,
      db,
      connection: this.#connection,
      publisher: this.#publisher,
      management: urls === undefined ? null : new ManagementClient({ urls, virtualHost }),
      types: new TaskTypeDirectory({ db, logger }),
      tenants: new TenantDirectory(db),
      admission: new Admission({ maxRequests, load: this.#load, events }),
      backlog: new BacklogGate({ db, events, logger, maxBacklog, maxTenantBacklog }),
      bodies: new BodyRoom(settings.maxBulkBytes * BULKS_AT_ONCE),
      submitter: new Submitter({ db, release: this.#release, events }),
      endings: new EndingWatch({ db, logger }),
      readiness: () => this.#readiness(),
    }
  }

  async #readiness(): Promise<Readiness> {
    if (this.#stopping.signal.aborted) return { ready: false, checks: { service: 'stopping' } }
    return await checkReadiness({
      db: this.#database.db,
      connection: this.#connection,
      publisher: this.#publisher,
    })
  }

  /** Any part may be the first to meet the broker, so each declares everything; tickets are published when it is there. */
  async #establishTopology(): Promise<void> {
    const { events, logger, onFatal } = this.#options
    try {
      const isEstablished = await establishTopology(this.#connection, {
        logger,
        signal: this.#stopping.signal,
        noteLost: this.#noteLost,
      })
      if (!isEstablished || this.#stopping.signal.aborted) return
      events.emit('topology.asserted', {})
      this.#publisher.start()
    } catch (error) {
      onFatal(error)
    }
  }

  /** Whoever is told first repairs; tickets that no queue took are released again by the dispatcher. */
  async #repairReturned(): Promise<void> {
    const nowMs = performance.now()
    if (nowMs - this.#repairedAtMs < REPAIR_EVERY_MS) return
    this.#repairedAtMs = nowMs
    try {
      await this.#repairTopology()
    } catch (error) {
      this.#options.logger.warn({ error }, 'The topology could not be repaired.')
    }
  }

  async #repairTopology(): Promise<void> {
    await repairTopology(this.#connection, this.#noteLost)
  }
}
