import { createTestVhost } from '@redrive/shared/testing'
import { connect } from 'amqplib'
import type { Contestant } from './contestant.ts'

const QUEUE = 'bench'
const BODY = Buffer.from('{"taskId":"01890000-0000-7000-8000-000000000001","number":1}')
const IN_FLIGHT = 1_000
const PREFETCH = 1_000

/** As fast as the broker takes and hands out messages when nothing else is done with them. */
export const rawBroker: Contestant = {
  name: 'RabbitMQ alone',
  what: 'a message published with a confirm and consumed with an acknowledgement, both at once, on a quorum queue',
  async prepare() {
    const vhost = await createTestVhost()
    const { amqpUrl } = vhost
    const [publishing, consuming] = await Promise.all([connect(amqpUrl), connect(amqpUrl)])
    const publisher = await publishing.createConfirmChannel()
    const consumer = await consuming.createChannel()
    await consumer.assertQueue(QUEUE, { durable: true, arguments: { 'x-queue-type': 'quorum' } })
    await consumer.prefetch(PREFETCH)
    let onMessage = (): void => {}
    await consumer.consume(QUEUE, (message) => {
      if (message === null) return
      consumer.ack(message)
      onMessage()
    })
    return {
      async work(count) {
        const consumed = new Promise<void>((resolve) => {
          let left = count
          onMessage = () => --left === 0 && resolve()
        })
        for (let sent = 0; sent < count;) {
          const upTo = Math.min(count, sent + IN_FLIGHT)
          for (; sent < upTo; sent += 1) publisher.sendToQueue(QUEUE, BODY, { persistent: true })
          await publisher.waitForConfirms()
        }
        await consumed
      },
      async close() {
        await Promise.all([publishing.close(), consuming.close()])
        await vhost.delete()
      },
    }
  },
}
