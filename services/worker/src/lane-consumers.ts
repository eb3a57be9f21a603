import { type BrokerConnection, type Delivery, laneQueue, QueueConsumer } from '@redrive/shared/broker'
import type { Logger } from '@redrive/shared/runtime'
import type { Lane } from '@redrive/shared/task'

interface LaneConsumersOptions {
  readonly connection: BrokerConnection
  readonly lanes: readonly Lane[]
  /** Unsettled deliveries per lane. Not below the slots of the worker, or slots stay empty while tickets wait. */
  readonly prefetch: number
  readonly logger: Logger
  readonly onDelivery: (lane: Lane, delivery: Delivery) => void
  readonly onLost: (lane: Lane) => void
  /** Called before consuming is tried again when a queue is missing. */
  readonly repairTopology: () => Promise<void>
}

/** One consumer for each lane, on one connection, moved together. */
export class LaneConsumers {
  readonly #consumers: ReadonlyMap<Lane, QueueConsumer>

  constructor({ lanes, onDelivery, onLost, ...common }: LaneConsumersOptions) {
    this.#consumers = new Map(
      lanes.map((lane) => [
        lane,
        new QueueConsumer({
          ...common,
          queue: laneQueue(lane),
          onDelivery: (delivery) => onDelivery(lane, delivery),
          onLost: () => onLost(lane),
        }),
      ]),
    )
  }

  start(): void {
    for (const consumer of this.#consumers.values()) consumer.start()
  }

  /** The lanes whose broker does not count this worker among their consumers. */
  idleLanes(): readonly Lane[] {
    return [...this.#consumers].filter(([, consumer]) => !consumer.isConsuming).map(([lane]) => lane)
  }

  pause(): Promise<void> {
    return this.#each((consumer) => consumer.pause())
  }

  resume(): Promise<void> {
    return this.#each((consumer) => consumer.resume())
  }

  /** Takes no new deliveries; those at hand can still be settled. Idempotent. */
  stop(): Promise<void> {
    return this.#each((consumer) => consumer.stop())
  }

  /** Stops, and gives back to the broker what is not settled. Idempotent. */
  close(): Promise<void> {
    return this.#each((consumer) => consumer.close())
  }

  async #each(step: (consumer: QueueConsumer) => Promise<void>): Promise<void> {
    await Promise.all([...this.#consumers.values()].map(step))
  }
}
