import type { Channel, ConsumeMessage } from 'amqplib'
import type { Logger } from 'pino'
import { assertTopology } from './assert-topology.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { createDelivery, type Delivery } from './delivery.ts'
import { errorText } from './error-text.ts'
import { KeptChannel } from './kept-channel.ts'
import { openChannel, type OpenChannel } from './open-channel.ts'
import { createSettlements, type Settlements } from './settlements.ts'
import { withinDeadline } from './within-deadline.ts'

export interface QueueConsumerOptions {
  /** Not the one that publishes. */
  readonly connection: BrokerConnection
  readonly queue: string
  /**
   * Deliveries that may be unsettled at once, from 1. A little more than what can be worked on at once keeps the
   * slots busy; much more hides messages from idle consumers and charges them all a delivery when this one crashes.
   */
  readonly prefetch: number
  /** Gets each delivery, in order. Must settle it in the end; must not throw (see `#deliver`). */
  readonly onDelivery: (delivery: Delivery) => void
  /** The channel is gone: nothing that was delivered until now can be settled, and the broker delivers it again. */
  readonly onLost?: () => void
  /** Called before consuming is tried again when the queue is missing. Default: `assertTopology`. */
  readonly repairTopology?: () => Promise<void>
  readonly logger: Logger
}

const NOT_FOUND = 404
/** As for a channel's set-up: a queue without a leader answers late or not at all. */
const CONSUME_DEADLINE_MS = 10_000
const CANCEL_DEADLINE_MS = 2_000

type Wish = 'consuming' | 'paused' | 'stopped'

interface Consumption {
  readonly open: OpenChannel
  readonly settlements: Settlements
  /** Set while the broker counts us among the queue's consumers. */
  tag: string | null
}

/**
 * Consumes one queue until it is told to stop: after a lost channel or connection, a deleted queue, or a consumer
 * that the broker cancelled, it begins again on a new channel. A consumer's lifetime is one channel.
 *
 * consuming ⇄ paused: cancelled, with the channel kept, so what was delivered can be settled.
 * consuming, paused → stopped: likewise, and for good. → closed: the channel is gone; what was not settled goes back.
 */
export class QueueConsumer {
  readonly #options: QueueConsumerOptions
  readonly #kept: KeptChannel<Channel>
  #wish: Wish = 'consuming'
  #now: Consumption | null = null
  /** Consuming and cancelling follow one another, so that pauses and resumes in quick succession cannot cross. */
  #turn: Promise<void> = Promise.resolve()

  constructor(options: QueueConsumerOptions) {
    if (options.prefetch < 1) throw new RangeError('A prefetch of less than 1 would be taken for 2,000')
    this.#options = options
    const { connection, queue, logger } = options
    this.#kept = new KeptChannel<Channel>({
      connection,
      logger,
      role: `consumer of ${queue}`,
      open: openChannel,
      setUp: (fresh) => this.#setUp(fresh),
      onLost: (gone) => this.#forget(gone),
      repair: options.repairTopology ?? (() => assertTopology(connection)),
    })
  }

  /** Begins and returns at once, whether the broker and the queue are there or not. */
  start(): void {
    this.#kept.start()
  }

  /** True while the broker counts this consumer. */
  get isConsuming(): boolean {
    return this.#now !== null && this.#now.tag !== null && this.#now.open.isOpen()
  }

  /** No new deliveries once this resolves; until then a few that were on their way may still arrive. */
  async pause(): Promise<void> {
    if (this.#wish === 'consuming') this.#wish = 'paused'
    await this.#followWish()
  }

  async resume(): Promise<void> {
    if (this.#wish === 'paused') this.#wish = 'consuming'
    await this.#followWish()
  }

  /** As `pause`, for good. The channel stays open for settling until `close`. Idempotent. */
  async stop(): Promise<void> {
    this.#wish = 'stopped'
    this.#kept.retire()
    await this.#followWish()
  }

  /** Stops, and closes the channel within seconds: what was not settled goes back to the queue. Idempotent. */
  async close(): Promise<void> {
    await this.stop()
    this.#now?.settlements.flush()
    await this.#kept.stop()
  }

  async #setUp(fresh: OpenChannel): Promise<void> {
    // n.b. Before consuming, or the broker sends up to 2,000 first; and never global, which quorum queues refuse by
    // closing the connection.
    await fresh.channel.prefetch(this.#options.prefetch)
    this.#now = { open: fresh, settlements: createSettlements(fresh), tag: null }
    await this.#inTurn(() => this.#consumeOrCancel())
  }

  #forget(gone: OpenChannel): void {
    if (this.#now?.open !== gone) return
    this.#now = null
    const { logger, queue, onLost } = this.#options
    try {
      onLost?.()
    } catch (error) {
      // Whatever a listener does, consuming goes on.
      logger.error({ event: 'broker.listener_threw', queue, error: errorText(error) })
    }
  }

  async #followWish(): Promise<void> {
    await this.#inTurn(async () => {
      const { logger, queue } = this.#options
      await this.#consumeOrCancel().catch(async (error: unknown) => {
        logger.warn({ event: 'broker.consumer_stuck', queue, error: errorText(error) }, 'replacing a channel')
        await this.#now?.open.close(errorText(error))
      })
    })
  }

  async #inTurn(step: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(step)
    // The next step is not concerned by how this one ended; whoever asked for this one is.
    this.#turn = done.catch(() => undefined)
    await done
  }

  async #consumeOrCancel(): Promise<void> {
    const now = this.#now
    if (!now?.open.isOpen()) return
    const { queue } = this.#options
    if (this.#wish === 'consuming' && now.tag === null) {
      const consuming = now.open.channel.consume(queue, (message) => this.#receive(now, message), {
        noAck: false,
      })
      const begun = await withinDeadline(consuming, {
        ms: CONSUME_DEADLINE_MS,
        what: `consume from ${queue}`,
      })
      now.tag = begun.consumerTag
    } else if (this.#wish !== 'consuming' && now.tag !== null) {
      const cancelling = now.open.channel.cancel(now.tag)
      await withinDeadline(cancelling, { ms: CANCEL_DEADLINE_MS, what: `stop delivering from ${queue}` })
      now.tag = null
    }
  }

  #receive(now: Consumption, message: ConsumeMessage | null): void {
    if (message === null) {
      // n.b. The broker cancelled: the queue is gone, or on 4.3 a delivery was held too long. amqplib does not answer
      // it, so the broker goes on counting a consumer that amqplib has forgotten. Only a new channel is clean.
      void now.open.close('RabbitMQ cancelled the consumer', NOT_FOUND)
      return
    }
    now.settlements.track(message.fields.deliveryTag)
    this.#deliver(createDelivery(message, now.settlements))
  }

  /**
   * What is thrown here would close the channel and charge every bystander on it. Given back once, since another
   * consumer may do better; after that it stays unsettled until the channel ends, rather than going in circles.
   */
  #deliver(delivery: Delivery): void {
    try {
      this.#options.onDelivery(delivery)
    } catch (error) {
      const { logger, queue } = this.#options
      const { messageId, redelivered } = delivery
      const details = { queue, messageId, redelivered, error: errorText(error) }
      logger.error({ event: 'broker.delivery_threw', ...details }, 'a delivery was not taken care of')
      if (!redelivered) delivery.giveBack()
    }
  }
}
