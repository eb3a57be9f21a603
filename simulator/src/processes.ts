import {
  type AttemptAtWork,
  type LookMemory,
  NOTHING_SEEN,
  type TicketInHand,
} from '@redrive/shared/protocol'
import type { Lane, Ticket } from '@redrive/shared/task'
import type { Delivered } from './memory-broker.ts'
import type { Thread } from './thread.ts'

/** A ticket in a worker's hands. */
export interface Held extends TicketInHand {
  readonly ticket: Ticket
  readonly lane: Lane
  vainClaims: number
  delivered: Delivered
  /** When it may be claimed; null while it is being claimed, running or judged. */
  waitsUntil: number | null
}

interface Shared {
  readonly name: string
  threads: Thread[]
  isAlive: boolean
  /** It holds what it holds, and does nothing. */
  isFrozen: boolean
}

export interface ApiProcess extends Shared {
  readonly kind: 'api'
  /** Confirmed, and to be noted in the ledger later. */
  marks: Ticket[]
}

export interface WorkerProcess extends Shared {
  readonly kind: 'worker'
  readonly id: string
  readonly types: readonly string[]
  /** It works, and cannot renew its lease. */
  isCutOff: boolean
  readonly held: Map<string, Held>
  /** Handlers at work. */
  readonly runs: Set<AttemptAtWork<Held>>
}

export interface DispatcherProcess extends Shared {
  readonly kind: 'dispatcher'
  memory: LookMemory
  /** Another one after each loss of its connection to the ledger. */
  generation: number
}

export type Process = ApiProcess | DispatcherProcess | WorkerProcess

export function newApi(name: string): ApiProcess {
  return { kind: 'api', name, threads: [], isAlive: true, isFrozen: false, marks: [] }
}

export function newDispatcher(name: string): DispatcherProcess {
  return {
    kind: 'dispatcher',
    name,
    threads: [],
    isAlive: true,
    isFrozen: false,
    memory: NOTHING_SEEN,
    generation: 1,
  }
}

export function newWorker(id: string, types: readonly string[]): WorkerProcess {
  const name = `worker ${Number(id.slice(-12))}`
  return {
    kind: 'worker',
    name,
    id,
    types,
    threads: [],
    isAlive: true,
    isFrozen: false,
    isCutOff: false,
    held: new Map(),
    runs: new Set(),
  }
}
