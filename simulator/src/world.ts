import type { Sources } from '@redrive/shared/protocol'
import { LANES, ticketMessageId, type Lane } from '@redrive/shared/task'
import { Clients } from './clients.ts'
import type { AnyFlow, Effect } from './effect.ts'
import { drawHostility, type Fault, type Hostility, type StoreFault } from './hostility.ts'
import { createMemoryLedger, type MemoryLedger } from './ledger/memory-ledger.ts'
import { Tables } from './ledger/tables.ts'
import { MemoryBroker } from './memory-broker.ts'
import { mutateProtocol, type Protocol } from './mutate-protocol.ts'
import type { Mutation } from './mutation.ts'
import { perform } from './perform.ts'
import {
  newApi,
  newDispatcher,
  newWorker,
  type ApiProcess,
  type DispatcherProcess,
  type Process,
  type WorkerProcess,
} from './processes.ts'
import { Random } from './random.ts'
import { readTicket } from './read-ticket.ts'
import { Thread } from './thread.ts'
import { Watch } from './watch.ts'

export interface WorldOptions {
  readonly seed: number
  readonly mutation: Mutation | null
  readonly without: readonly Fault[]
  /** Called with each line of the history; null when nobody reads it. */
  readonly trace: ((line: string) => void) | null
}

export const LEASE_MS = 15_000
/** Tickets that a worker holds at most. */
export const PREFETCH = 6
export const ALL_TYPES = ['sound', 'flaky', 'broken', 'deadly', 'cursed', 'later'] as const
const HASTES = [1, 0.3, 0.1] as const
const BEGINNING_MS = 1_000_000
const ID_HEAD = '00000000-0000-7000-8000-'

/** A statement that was on its way when whoever asked for it died: it may be committed at any time after. */
export interface LateStatement {
  readonly from: Process
  readonly effect: Extract<Effect, { readonly do: 'ask' }>
}

/**
 * Everything there is in one simulated run: stores, processes, clients, and what was seen of them. It decides nothing of
 * the protocol: the flows do, and `perform` answers them.
 */
export class World {
  readonly random: Random
  readonly tables: Tables
  readonly ledger: MemoryLedger
  readonly broker = new MemoryBroker(LANES)
  readonly protocol: Protocol
  readonly watch: Watch
  readonly clients = new Clients(this)
  apis: ApiProcess[] = []
  workers: WorkerProcess[] = []
  dispatchers: DispatcherProcess[] = []
  readonly late: LateStatement[] = []
  /** The types that are submitted in this run. */
  readonly types: readonly string[]
  /** How likely it is that a handler ends when it may: attempts have to last for anything to happen meanwhile. */
  readonly haste: number
  /** Attempts whose handler began, and tickets that were ever sent. */
  readonly begun = new Set<string>()
  readonly published = new Set<string>()
  areFaultsOn = true
  readonly #hostility: Hostility
  readonly #trace: ((line: string) => void) | null
  #ids = 0

  constructor({ seed, mutation, without, trace }: WorldOptions) {
    this.random = new Random(seed)
    this.tables = new Tables(mutation)
    this.ledger = createMemoryLedger(this.tables)
    this.protocol = mutateProtocol(mutation)
    this.watch = new Watch(this.tables)
    this.#hostility = drawHostility(this.random, without)
    this.#trace = trace
    const types = ALL_TYPES.filter(() => this.random.chance(0.5))
    this.haste = this.random.pick(HASTES) ?? 1
    this.types = types.length === 0 ? ALL_TYPES : types
  }

  get nowMs(): number {
    return this.tables.nowMs
  }

  get faultEvents(): Hostility['events'] {
    return this.#hostility.events
  }

  readonly newId = (): string => `${ID_HEAD}${String((this.#ids += 1)).padStart(12, '0')}`

  readonly sources: Sources = {
    newId: this.newId,
    newToken: this.newId,
    random: () => this.random.next(),
    nowMs: () => this.tables.nowMs,
  }

  processes(): readonly Process[] {
    return [...this.apis, ...this.workers, ...this.dispatchers]
  }

  meets(fault: StoreFault): boolean {
    return this.areFaultsOn && this.random.chance(this.#hostility.chances[fault])
  }

  /** n.b. The line is made only where somebody reads it, which makes a run four times as fast. */
  tell(line: () => string): void {
    if (this.#trace === null) return
    const seconds = ((this.nowMs - BEGINNING_MS) / 1_000).toFixed(3).padStart(9)
    this.#trace(
      `${seconds} ${line()
        .replaceAll(ID_HEAD, '')
        .replaceAll(/\b0{3,}(?=\d)/gu, '')}`,
    )
  }

  addApi(): void {
    this.apis.push(newApi(`api ${this.apis.length + 1}`))
  }

  addDispatcher(): void {
    this.dispatchers.push(newDispatcher(`dispatcher ${this.dispatchers.length + 1}`))
  }

  addWorker(types: readonly string[] = ALL_TYPES): void {
    const id = this.newId()
    const worker = newWorker(id, types)
    this.workers.push(worker)
    const leaseUntil = this.nowMs + LEASE_MS
    this.tables.workers.set(id, {
      id,
      host: 'h',
      state: 'running',
      leaseUntil,
      endedAt: null,
      isLockHeld: true,
      lanes: LANES,
      prefetch: PREFETCH,
    })
    this.tell(() => `${worker.name} starts with the types ${types.join(', ')}`)
  }

  begin(process: Process, name: string, flow: AnyFlow): void {
    const thread = new Thread(name, flow)
    if (thread.effect !== null) process.threads.push(thread)
  }

  /** Performs one effect of one thread; those that nothing can come between go with it. */
  step(process: Process, thread: Thread): void {
    do thread.step((effect) => perform(this, { process, thread, effect }))
    while (thread.effect?.do === 'emit' || thread.effect?.do === 'reach')
    if (thread.effect === null && process.isAlive)
      process.threads = process.threads.filter((one) => one !== thread)
  }

  /** The process is gone between two effects; what it had asked the ledger for may still come about. */
  kill(process: Process): void {
    this.tell(() => `${process.name} is killed`)
    for (const { effect } of process.threads) {
      if (effect?.do === 'ask' && this.random.chance(0.5)) this.late.push({ from: process, effect })
    }
    process.isAlive = false
    process.threads = []
    this.broker.loseChannel(process.name)
    if (process.kind === 'api') this.apis = this.apis.filter((one) => one !== process)
    else if (process.kind === 'dispatcher')
      this.dispatchers = this.dispatchers.filter((one) => one !== process)
    else {
      const row = this.tables.workers.get(process.id)
      if (row !== undefined) row.isLockHeld = false
      this.workers = this.workers.filter((one) => one !== process)
    }
  }

  /** A worker takes in a delivery: another one of a ticket in hand is void, unless that one was lost with its channel. */
  receive(worker: WorkerProcess, lane: Lane, index: number): void {
    const delivered = this.broker.deliver(lane, { index, consumer: worker.name })
    if (delivered === null) return
    const ticket = readTicket(delivered.message.body)
    if (ticket === null) {
      this.broker.settle(delivered, 'reject')
      return
    }
    const key = ticketMessageId(ticket)
    const held = worker.held.get(key)
    this.tell(() => `${worker.name} gets the ticket ${key}${held === undefined ? '' : ' once more'}`)
    if (held === undefined) worker.held.set(key, { ticket, lane, vainClaims: 0, delivered, waitsUntil: 0 })
    else if (held.delivered.isOpen) this.broker.settle(delivered, 'ack')
    else held.delivered = delivered
  }

  /** Its channels are gone: what waits comes again, and what is taken goes on without a delivery. */
  loseChannels(worker: WorkerProcess): void {
    this.broker.loseChannel(worker.name)
    for (const [key, held] of worker.held) if (held.waitsUntil !== null) worker.held.delete(key)
  }

  /** Time passes. Whoever is alive and not frozen renews its lease meanwhile, as the real ones do every few seconds. */
  advance(ms: number): void {
    this.tables.nowMs += ms
    for (const worker of this.workers) if (!worker.isFrozen && !worker.isCutOff) this.renew(worker)
  }

  renew({ id, name }: WorkerProcess): void {
    const row = this.tables.workers.get(id)
    if (row === undefined) return
    if (row.state === 'lost') this.tell(() => `${name} was given up, and is back`)
    row.state = 'running'
    row.leaseUntil = this.nowMs + LEASE_MS
    row.endedAt = null
    row.isLockHeld = true
  }
}
