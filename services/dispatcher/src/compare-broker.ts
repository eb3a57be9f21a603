import { ERROR_QUEUE, TOPOLOGY, type BrokerConnection, type ManagementClient } from '@redrive/shared/broker'
import type { BrokerLook, Executor, QueueLook } from '@redrive/shared/database'
import { countStuck, rememberStuck, type StuckMemory } from '@redrive/shared/protocol'
import type { Events } from '@redrive/shared/runtime'
import { LANES } from '@redrive/shared/task'
import { inspectLive, type LiveQueue } from './inspect-live.ts'
import { reconcileLane } from './reconcile-lane.ts'
import type { NoteRepair } from './repair-log.ts'

export interface ComparisonParts {
  readonly db: Executor
  readonly connection: BrokerConnection
  readonly management: ManagementClient | null
  readonly events: Events
  readonly noteRepair: NoteRepair
  readonly olderThanMs: number
}

export interface Comparison {
  readonly look: BrokerLook
  readonly isBalanced: boolean
}

type SeenQueue = LiveQueue & { readonly missing: number }

/** Compares each queue with the ledger, one look after the other, and remembers what only several looks can tell. */
export class BrokerComparison {
  readonly #parts: ComparisonParts
  #memory: StuckMemory = new Map()
  readonly #toldStuck = new Map<string, number>()

  constructor(parts: ComparisonParts) {
    this.#parts = parts
  }

  /** Rejects when broker or ledger do not answer. */
  async compare(): Promise<Comparison> {
    const seen: SeenQueue[] = []
    for (const lane of LANES) seen.push(await reconcileLane(this.#parts, lane))
    seen.push({ ...(await inspectLive(this.#parts, ERROR_QUEUE)), missing: 0 })
    this.#remember(seen)
    const queues = seen.map((one) => this.#toLook(one))
    const isBalanced = queues.every(({ missing, stuck }) => missing === 0 && (stuck ?? 0) === 0)
    return { look: { queues }, isBalanced }
  }

  /** The bindings that are not there, as far as the management API tells; making them again is another's work. */
  async findMissingBindings(): Promise<readonly string[]> {
    const found = await this.#parts.management?.listBindings()
    if (found === null || found === undefined) return []
    const names = new Set(found.map(({ exchange, queue, pattern }) => `${exchange} → ${queue} (${pattern})`))
    return TOPOLOGY.flatMap((object) => {
      if (object.kind !== 'binding') return []
      const name = `${object.exchange} → ${object.queue} (${object.pattern})`
      return names.has(name) ? [] : [name]
    })
  }

  #remember(seen: readonly SeenQueue[]): void {
    const looks = seen.flatMap(({ queue, surplus }) => (surplus === null ? [] : [{ queue, surplus }]))
    this.#memory = rememberStuck(this.#memory, looks)
    for (const { queue } of looks) this.#tellStuck(queue, countStuck(this.#memory, queue) ?? 0)
  }

  /** Told when it grows, and forgotten when nothing is stuck any more. */
  #tellStuck(queue: string, count: number): void {
    if (count > (this.#toldStuck.get(queue) ?? 0))
      this.#parts.events.emit('reconcile.stuck', { queue, count })
    this.#toldStuck.set(queue, count)
  }

  #toLook({ queue, ready, unacknowledged, consumers, missing, policy }: SeenQueue): QueueLook {
    const stuck = countStuck(this.#memory, queue)
    return { queue, ready, unacknowledged, consumers, stuck, missing, policy }
  }
}
