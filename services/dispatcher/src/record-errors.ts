import { ERROR_QUEUE, QueueConsumer, type BrokerConnection, type Delivery } from '@redrive/shared/broker'
import { isDataError, performStatement, type Executor } from '@redrive/shared/database'
import {
  type ErrorMessage,
  type Flow,
  type RecordEffect,
  type Recording,
  recordMessages,
  recordUnsorted,
  runFlow,
} from '@redrive/shared/protocol'
import { MicroBatcher, newId, reachCrashPoint, type Events, type Logger } from '@redrive/shared/runtime'
import { brokerEvidence, withoutHeaders } from './broker-evidence.ts'
import { ByteRoom } from './byte-room.ts'
import { describeForeign } from './describe-foreign.ts'
import { waitForLedger } from './wait-for-ledger.ts'

export interface ErrorRecorderOptions {
  readonly connection: BrokerConnection
  /** Called before consuming is tried again when the error queue is missing. */
  readonly repairTopology: () => Promise<void>
  readonly db: Executor
  readonly events: Events
  readonly logger: Logger
}

interface Arrived extends ErrorMessage {
  readonly delivery: Delivery
}

const RECORDING: Recording = { describeForeign, sources: { newId } }

/** Two batches: one is written while the next one arrives. */
const PREFETCH = 500
const MAX_BATCH = 250
/** Of bodies held at once. Only foreign messages are large: RabbitMQ takes up to 16 MiB, and before 4.0 up to 128 MiB. */
const MAX_HELD_BYTES = 67_108_864
/** What the ledger has not taken within this time of a stop is left to the broker, which delivers it to the next recorder. */
const STOP_WAITS_MS = 10_000

/**
 * Consumes the error queue and writes what arrives into the ledger, in batches. A message is acknowledged when the
 * ledger has it and never otherwise: there is no rejecting here, since the error queue is the end of the road.
 *
 * While the ledger does not answer, it holds what it has and waits. Any number may run: they share the queue. What it does
 * in which order, and where it may stop, is `recordMessages`.
 */
export class ErrorRecorder {
  readonly #options: ErrorRecorderOptions
  readonly #consumer: QueueConsumer
  readonly #batcher: MicroBatcher<Arrived, true>
  readonly #room = new ByteRoom(MAX_HELD_BYTES)
  readonly #stopping = new AbortController()
  #isWaiting = false
  #stopped: Promise<void> | null = null

  constructor(options: ErrorRecorderOptions) {
    this.#options = options
    const { connection, repairTopology, logger } = options
    this.#consumer = new QueueConsumer({
      connection,
      repairTopology,
      logger,
      queue: ERROR_QUEUE,
      prefetch: PREFETCH,
      onDelivery: (delivery) => this.#receive(delivery),
      onLost: () => this.#room.forgetPostponed(),
    })
    this.#batcher = new MicroBatcher<Arrived, true>({
      maxSize: MAX_BATCH,
      run: (messages) => this.#recordBatch(messages),
      isItemFault: isDataError,
    })
  }

  get isConsuming(): boolean {
    return this.#consumer.isConsuming
  }

  start(): void {
    this.#consumer.start()
  }

  /** Takes no more messages, writes and acknowledges those it has, and lets the rest go back. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#finish()
    await this.#stopped
  }

  async #finish(): Promise<void> {
    await this.#consumer.stop()
    this.#room.close()
    const giveUp = setTimeout(() => this.#stopping.abort(), STOP_WAITS_MS)
    await this.#batcher.stop()
    clearTimeout(giveUp)
    await this.#consumer.close()
  }

  #receive(delivery: Delivery): void {
    const { length } = delivery.body
    if (!this.#room.take(length, givingBack(delivery))) return
    void this.#record(delivery).finally(() => this.#room.free(length))
  }

  /** Never rejects. What is not acknowledged here is delivered again when the channel ends. */
  async #record(delivery: Delivery): Promise<void> {
    try {
      const arrived: Arrived = { delivery, evidence: brokerEvidence(delivery) }
      await this.#batcher.add(arrived).catch(async (error: unknown) => {
        if (!isDataError(error)) throw error
        await this.#recordCulprit(arrived, error)
      })
    } catch (error) {
      if (this.#stopped !== null) return
      const { messageId } = delivery
      this.#options.logger.error({ messageId, error }, 'A message of the error queue could not be recorded.')
    }
  }

  async #recordBatch(messages: readonly Arrived[]): Promise<readonly true[]> {
    await this.#untilWritten(() => this.#run(recordMessages(messages, RECORDING)))
    return messages.map(() => true)
  }

  /** The ledger refused this very message: once more without what only foreign publishers fill, then as nothing but bytes. */
  async #recordCulprit({ delivery, evidence }: Arrived, error: unknown): Promise<void> {
    const { logger } = this.#options
    logger.warn({ messageId: delivery.messageId, error }, 'The ledger refused a message with its headers.')
    const bare = { delivery: { ...delivery, contentType: null }, evidence: withoutHeaders(evidence) }
    try {
      await this.#untilWritten(() => this.#run(recordMessages([bare], RECORDING)))
    } catch (refused) {
      if (!isDataError(refused)) throw refused
      await this.#untilWritten(() => this.#run(recordUnsorted(bare, RECORDING)))
    }
  }

  async #run(flow: Flow<RecordEffect<Arrived>, void>): Promise<void> {
    const { db, events } = this.#options
    await runFlow(flow, (effect) => {
      switch (effect.do) {
        case 'acknowledge':
          return effect.message.delivery.ack()
        case 'ask':
          return performStatement(db, effect)
        case 'emit':
          return events.tell(effect.event)
        case 'reach':
          return reachCrashPoint(effect.point)
      }
    })
  }

  async #untilWritten(write: () => Promise<void>): Promise<void> {
    const { logger } = this.#options
    await waitForLedger(write, {
      signal: this.#stopping.signal,
      onRetry: (error) => {
        if (this.#isWaiting) return
        this.#isWaiting = true
        logger.warn({ error }, 'The recorder holds its messages until the ledger takes them.')
      },
    })
    if (this.#isWaiting) logger.info('The recorder writes again.')
    this.#isWaiting = false
  }
}

/** n.b. In a function of its own: what a closure beside the body's other uses keeps is up to the engine. */
function givingBack({ giveBack }: Pick<Delivery, 'giveBack'> & { giveBack: (this: void) => boolean }) {
  return (): void => void giveBack()
}
