import { randomUUID } from 'node:crypto'
import type { ConfirmChannel, Message } from 'amqplib'
import type { Logger } from 'pino'
import type { Lane } from '../task/lanes.ts'
import { assertTopology } from './assert-topology.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { errorText } from './error-text.ts'
import { KeptChannel } from './kept-channel.ts'
import { openConfirmChannel, type OpenChannel } from './open-channel.ts'
import { Refusals } from './refusals.ts'
import { EXCHANGE, laneQueue } from './topology.ts'
import { withinDeadline } from './within-deadline.ts'

/**
 * confirmed: the queue has it on disk. returned: no queue took it. unknown: the broker may have it or not, and
 * whoever publishes must be able to publish it again.
 */
export type PublishOutcome = 'confirmed' | 'returned' | 'unknown'

export interface TicketMessage {
  readonly lane: Lane
  readonly body: Buffer
  readonly messageId: string
}

export interface RawMessage {
  readonly queue: string
  readonly body: Buffer
  readonly contentType?: string | null
}

export interface TicketPublisherOptions {
  /** Not the one that consumes: acknowledgements would be stuck behind publishes that the broker does not read. */
  readonly connection: BrokerConnection
  readonly logger: Logger
  /** Messages sent and not yet confirmed. Default 1,024. */
  readonly maxInFlight?: number
  /** Messages that wait for their turn; one more is answered with `unknown` at once. Default 50,000. */
  readonly maxWaiting?: number
  /** From the call to the confirm; waiting for one's turn is included. Default 10,000. */
  readonly confirmTimeoutMs?: number
  /** Default: `assertTopology`. Called when the exchange is missing. */
  readonly repairTopology?: () => Promise<void>
}

interface Publish extends RawPublish {
  readonly expiresAtMs: number
  readonly settle: (outcome: PublishOutcome) => void
  wasReturned: boolean
}

interface RawPublish {
  readonly exchange: string
  readonly routingKey: string
  readonly body: Buffer
  readonly messageId: string
  readonly contentType: string | undefined
}

/** As many as amqplib's write buffer takes before it asks to wait, and enough to hide the broker's disk. */
const MAX_IN_FLIGHT = 1_024
/** Some 20 MB of tickets, which the broker takes within a few seconds; nothing sends as many at once in ordinary work. */
const MAX_WAITING = 50_000
const CONFIRM_TIMEOUT_MS = 10_000
const STOP_DEADLINE_MS = 5_000
/** Timeouts are found by one sweep, since a timer for each message would cost more than its publish. */
const SWEEPS_PER_TIMEOUT = 20
/** Visible ASCII only: a foreign message may have carried anything here. */
const HARMLESS_CONTENT_TYPE = /^[\x20-\x7e]{1,100}$/

/**
 * Publishes with confirms, and says of each message what became of it. Every promise resolves, at the latest a
 * twentieth after the confirm timeout, and none rejects.
 *
 * Nothing is kept for better times: while there is no channel, or the broker blocks, the answer is `unknown` at once.
 * The ledger has the task, so the dispatcher sends its ticket again; a copy here would only grow.
 *
 * Crash window: a process that stops between sending and hearing the confirm leaves a message that may be in its
 * queue. That is the same as `unknown`, and repaired in the same way.
 */
export class TicketPublisher {
  readonly #connection: BrokerConnection
  readonly #logger: Logger
  readonly #kept: KeptChannel<ConfirmChannel>
  readonly #maxInFlight: number
  readonly #maxWaiting: number
  readonly #confirmTimeoutMs: number
  /** Both in the order of the calls, so what expires first is at the front. */
  readonly #waiting = new Set<Publish>()
  readonly #inFlight = new Set<Publish>()
  readonly #refusals = new Refusals()
  #sweep: NodeJS.Timeout | null = null
  /** The channel's write buffer asked us to wait for `drain`. */
  #isFull = false
  #stopped: Promise<void> | null = null
  #onIdle: (() => void) | null = null

  constructor(options: TicketPublisherOptions) {
    const { connection, logger, maxInFlight = MAX_IN_FLIGHT, maxWaiting = MAX_WAITING } = options
    const { confirmTimeoutMs = CONFIRM_TIMEOUT_MS } = options
    this.#connection = connection
    this.#logger = logger
    this.#maxInFlight = maxInFlight
    this.#maxWaiting = maxWaiting
    this.#confirmTimeoutMs = confirmTimeoutMs
    this.#kept = new KeptChannel<ConfirmChannel>({
      connection,
      logger,
      role: 'publisher',
      open: openConfirmChannel,
      setUp: (fresh) => this.#setUp(fresh),
      onLost: () => this.#giveUpAll(),
      repair: options.repairTopology ?? (() => assertTopology(connection)),
    })
  }

  /** Begins and returns at once, whether the broker is there or not. */
  start(): void {
    this.#kept.start()
    this.#sweep ??= setInterval(() => this.#expire(), this.#confirmTimeoutMs / SWEEPS_PER_TIMEOUT)
  }

  /** Takes nothing more, and waits for what it holds; after the deadline the rest is `unknown`. Idempotent. */
  async stop(deadlineMs: number = STOP_DEADLINE_MS): Promise<void> {
    this.#stopped ??= this.#finish(deadlineMs)
    await this.#stopped
  }

  /** False while a publish would be answered with `unknown` at once. */
  get isReady(): boolean {
    return this.#stopped === null && this.#kept.current?.isOpen() === true && !this.#connection.isBlocked
  }

  /**
   * True while a publish would be sent at once. Where nothing is lost by leaving a message to someone else, it should be
   * left when this is false: the broker takes less than is sent, or nothing at all without having said so.
   */
  get hasRoom(): boolean {
    return this.isReady && !this.#isFull && this.#waiting.size + this.#inFlight.size < this.#maxInFlight
  }

  async publish({ lane, body, messageId }: TicketMessage): Promise<PublishOutcome> {
    const contentType = 'application/json'
    return await this.#enqueue({
      exchange: EXCHANGE,
      routingKey: laneQueue(lane),
      body,
      messageId,
      contentType,
    })
  }

  /**
   * Sends bytes straight to a queue, for a foreign message that goes back to where it died. Of its old properties only
   * a harmless content type is kept: headers such as CC or an expiration would send it elsewhere or delete it.
   */
  async publishRaw({ queue, body, contentType }: RawMessage): Promise<PublishOutcome> {
    return await this.#enqueue({
      exchange: '',
      routingKey: queue,
      body,
      messageId: randomUUID(),
      contentType: HARMLESS_CONTENT_TYPE.test(contentType ?? '') ? (contentType ?? undefined) : undefined,
    })
  }

  async #setUp(fresh: OpenChannel<ConfirmChannel>): Promise<void> {
    const { channel } = fresh
    channel.on('return', (message) => this.#markReturned(message))
    channel.on('drain', () => {
      this.#isFull = false
      this.#sendWaiting()
    })
    // A broker that came back empty has no exchange: found out here, and repaired, before a ticket is lost on it.
    await channel.checkExchange(EXCHANGE)
    this.#isFull = false
    this.#refusals.startChannel()
  }

  async #enqueue(message: RawPublish): Promise<PublishOutcome> {
    if (!this.isReady || this.#waiting.size >= this.#maxWaiting) return 'unknown'
    const { promise, resolve: settle } = Promise.withResolvers<PublishOutcome>()
    const expiresAtMs = performance.now() + this.#confirmTimeoutMs
    this.#waiting.add({ ...message, expiresAtMs, settle, wasReturned: false })
    this.#sendWaiting()
    return await promise
  }

  #sendWaiting(): void {
    const open = this.#kept.current
    if (!open?.isOpen() || this.#connection.isBlocked) return this.#giveUp(this.#waiting)
    for (const publish of this.#waiting) {
      if (this.#isFull || this.#inFlight.size >= this.#maxInFlight) return
      this.#waiting.delete(publish)
      this.#inFlight.add(publish)
      this.#send(open, publish)
    }
  }

  #send(open: OpenChannel<ConfirmChannel>, publish: Publish): void {
    const { exchange, routingKey, body, messageId, contentType } = publish
    const options = { mandatory: true, persistent: true, messageId, ...(contentType && { contentType }) }
    try {
      const isRoomLeft = open.channel.publish(exchange, routingKey, body, options, (refused: unknown) => {
        this.#watchRefusals(open, publish, refused)
        this.#answered(publish, refused)
      })
      this.#isFull = !isRoomLeft
    } catch (error) {
      const details = { routingKey, messageId, error: errorText(error) }
      this.#logger.error({ event: 'broker.publish_threw', ...details }, 'a message could not be sent')
      this.#settle(publish, 'unknown')
    }
  }

  /** n.b. Refused: the queue is full, has lost its leader, or the channel is gone. The message may be there all the same. */
  #answered(publish: Publish, refused: unknown): void {
    if (refused) this.#settle(publish, 'unknown')
    else this.#settle(publish, publish.wasReturned ? 'returned' : 'confirmed')
    this.#sendWaiting()
  }

  /** Of a channel that is gone nothing is learned about the queue. */
  #watchRefusals(open: OpenChannel<ConfirmChannel>, { routingKey }: Publish, refused: unknown): void {
    if (!refused) return this.#refusals.clear(routingKey)
    if (!open.isOpen() || this.#kept.current !== open) return
    if (this.#refusals.count(routingKey, performance.now()))
      void open.close(`${routingKey} refuses every message`)
  }

  /**
   * n.b. A returned message is confirmed as well, after its return. When several with the same id are in flight, all
   * count as returned: publishing one too often is harmless, and taking one for confirmed that no queue has is not.
   */
  #markReturned({ fields, properties }: Message): void {
    for (const publish of this.#inFlight) {
      const isSame = publish.messageId === properties.messageId && publish.routingKey === fields.routingKey
      if (isSame) publish.wasReturned = true
    }
  }

  #settle(publish: Publish, outcome: PublishOutcome): void {
    if (!this.#inFlight.delete(publish) && !this.#waiting.delete(publish)) return
    publish.settle(outcome)
    if (this.#inFlight.size + this.#waiting.size === 0) this.#onIdle?.()
  }

  #giveUp(publishes: ReadonlySet<Publish>): void {
    for (const publish of publishes) this.#settle(publish, 'unknown')
  }

  #giveUpAll(): void {
    this.#giveUp(this.#inFlight)
    this.#giveUp(this.#waiting)
  }

  #expire(): void {
    const now = performance.now()
    const late = takeWhileExpired(this.#inFlight, now)
    this.#giveUp(late)
    this.#giveUp(takeWhileExpired(this.#waiting, now))
    if (this.#connection.isBlocked) return this.#giveUp(this.#waiting)
    // While the broker blocks, silence is no fault of the channel. Otherwise it is: what was sent on it is in doubt.
    if (late.size > 0) void this.#kept.current?.close(`no confirm within ${this.#confirmTimeoutMs} ms`)
  }

  async #finish(deadlineMs: number): Promise<void> {
    const { promise: idle, resolve } = Promise.withResolvers<void>()
    this.#onIdle = resolve
    if (this.#inFlight.size + this.#waiting.size === 0) resolve()
    // Missing the deadline is an answer too: what is left is unknown.
    await withinDeadline(idle, { ms: deadlineMs, what: 'confirm the last messages' }).catch(() => undefined)
    await this.#kept.stop()
    this.#giveUpAll()
    if (this.#sweep) clearInterval(this.#sweep)
  }
}

function takeWhileExpired(publishes: ReadonlySet<Publish>, nowMs: number): ReadonlySet<Publish> {
  const expired = new Set<Publish>()
  for (const publish of publishes) {
    if (publish.expiresAtMs > nowMs) break
    expired.add(publish)
  }
  return expired
}
