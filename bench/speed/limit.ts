import { assertTopology, BrokerConnection, EXCHANGE, laneQueue } from '@redrive/shared/broker'
import { createLogger, newId } from '@redrive/shared/runtime'
import { createTestDatabase, createTestVhost } from '@redrive/shared/testing'
import { type Channel, connect, type ConsumeMessage } from 'amqplib'
import { batchesOf } from './batches-of.ts'
import type { Contestant, Prepared } from './contestant.ts'
import { inParallel } from './in-parallel.ts'
import { openShortLedger, type ShortLedger } from './short-ledger.ts'

const BATCH = 500
const AT_ONCE = 2
const PREFETCH = 2_000

/**
 * The shortest code over both engines that keeps the protocol: insert, publish with a confirm, claim, finish, acknowledge.
 * What Redrive adds to it is HTTP, validation, retries, cancellation, events and everything else.
 */
export const limit: Contestant = {
  name: 'the limit',
  what: 'a task inserted, its ticket published with a confirm, claimed, finished and acknowledged; no HTTP, no checks',
  async prepare() {
    const [database, vhost] = await Promise.all([createTestDatabase(), createTestVhost()])
    await declareTopology(vhost.amqpUrl)
    const ledger = await openShortLedger(database.url)
    const line = await openLine(vhost.amqpUrl, ledger)
    return {
      work: (count) => line.work(count),
      async close() {
        await line.close()
        await ledger.close()
        await Promise.all([database.drop(), vhost.delete()])
      },
    }
  },
}

async function declareTopology(amqpUrl: string): Promise<void> {
  const logger = createLogger({ service: 'bench', level: 'silent' })
  const connection = new BrokerConnection({ urls: [amqpUrl], name: 'bench', logger })
  connection.start()
  await assertTopology(connection)
  await connection.stop()
}

async function openLine(amqpUrl: string, ledger: ShortLedger): Promise<Prepared> {
  const [publishing, consuming] = await Promise.all([connect(amqpUrl), connect(amqpUrl)])
  const publisher = await publishing.createConfirmChannel()
  const consumer = await consuming.createChannel()
  await consumer.prefetch(PREFETCH)
  const taker = new Taker(consumer, ledger)
  await consumer.consume(laneQueue('normal'), (message) => message !== null && taker.take(message))
  const submit = async (size: number): Promise<void> => {
    const ids = Array.from({ length: size }, newId)
    await ledger.submit(ids)
    const confirmed = ids.map(
      (taskId) =>
        new Promise<void>((resolve, reject) => {
          const body = Buffer.from(JSON.stringify({ taskId, number: 1 }))
          const options = { persistent: true, mandatory: true }
          publisher.publish(EXCHANGE, laneQueue('normal'), body, options, (error) =>
            error === null ? resolve() : reject(error as Error),
          )
        }),
    )
    await Promise.all(confirmed)
  }
  return {
    async work(count) {
      const ended = taker.expect(count)
      await inParallel(AT_ONCE, batchesOf(BATCH, count), submit)
      await ended
    },
    async close() {
      await Promise.all([publishing.close(), consuming.close()])
    },
  }
}

/** Takes tickets in batches of what has come meanwhile, two at a time. */
class Taker {
  readonly #channel: Channel
  readonly #ledger: ShortLedger
  #waiting: ConsumeMessage[] = []
  #underWay = 0
  #left = 0
  #onEnd: () => void = () => {}

  constructor(channel: Channel, ledger: ShortLedger) {
    this.#channel = channel
    this.#ledger = ledger
  }

  expect(count: number): Promise<void> {
    this.#left = count
    return new Promise((resolve) => (this.#onEnd = resolve))
  }

  take(message: ConsumeMessage): void {
    this.#waiting.push(message)
    setImmediate(() => this.#begin())
  }

  #begin(): void {
    if (this.#underWay >= AT_ONCE || this.#waiting.length === 0) return
    const messages = this.#waiting.splice(0, BATCH)
    this.#underWay += 1
    void this.#carry(messages).finally(() => {
      this.#underWay -= 1
      this.#begin()
    })
  }

  async #carry(messages: readonly ConsumeMessage[]): Promise<void> {
    const ids = messages.map(({ content }) => (JSON.parse(content.toString()) as { taskId: string }).taskId)
    const claimed = await this.#ledger.claim(
      ids,
      ids.map(() => newId()),
    )
    await this.#ledger.finish(
      claimed.map(({ task_id: taskId, token, input }) => ({
        taskId,
        token,
        result: JSON.stringify({ sum: input.a + input.b }),
      })),
    )
    for (const message of messages) this.#channel.ack(message)
    this.#left -= claimed.length
    if (this.#left === 0) this.#onEnd()
  }
}
