import { pino } from 'pino'
import {
  assertTopology,
  BrokerConnection,
  inspectQueue,
  laneQueue,
  QueueConsumer,
  TicketPublisher,
  type BrokerConnectionOptions,
  type Delivery,
  type QueueConsumerOptions,
  type TicketPublisherOptions,
} from '@redrive/shared/broker'
import {
  createTcpProxy,
  createTestVhost,
  onCleanup,
  waitFor,
  type TcpProxy,
  type TestVhost,
} from '@redrive/shared/testing'

export const logger = pino({ level: 'silent' })
export const NORMAL = laneQueue('normal')

type Optional<T> = Partial<Omit<T, 'connection' | 'logger'>>

/** A virtual host of its own, straight and through a proxy, and what a service would open on it. */
export interface BrokerHarness {
  readonly vhost: TestVhost
  readonly proxy: TcpProxy
  /** Straight to the broker, with the topology declared: for looking at what the tested parts did. */
  readonly direct: BrokerConnection
  readonly connect: (options?: Optional<BrokerConnectionOptions>) => BrokerConnection
  readonly startPublisher: (options?: Optional<TicketPublisherOptions>) => Promise<TicketPublisher>
  readonly startConsumer: (options?: Optional<QueueConsumerOptions>) => Promise<RecordingConsumer>
  readonly countReady: (queue?: string) => Promise<number>
}

export interface RecordingConsumer {
  readonly consumer: QueueConsumer
  readonly deliveries: Delivery[]
  readonly losses: number[]
}

export async function createBrokerHarness(): Promise<BrokerHarness> {
  const vhost = await createTestVhost()
  const { hostname, port } = new URL(vhost.amqpUrl)
  const proxy = await createTcpProxy({ host: hostname, port: Number(port) })
  const connect: BrokerHarness['connect'] = (options = {}) => {
    const urls = [proxy.through(vhost.amqpUrl)]
    const connection = new BrokerConnection({ urls, name: 'redrive-test', logger, ...options })
    connection.start()
    onCleanup(() => connection.stop())
    return connection
  }
  const direct = connect({ urls: [vhost.amqpUrl] })
  await assertTopology(direct)
  return {
    vhost,
    proxy,
    direct,
    connect,
    startPublisher: async (options) => await startPublisher(connect(), options),
    startConsumer: async (options) => await startConsumer(connect(), options),
    countReady: async (queue = NORMAL) => (await inspectQueue(direct, queue))?.ready ?? -1,
  }
}

export async function startPublisher(
  connection: BrokerConnection,
  options: Optional<TicketPublisherOptions> = {},
): Promise<TicketPublisher> {
  const publisher = new TicketPublisher({ connection, logger, ...options })
  publisher.start()
  onCleanup(() => publisher.stop())
  await waitFor(() => publisher.isReady, 'the publisher to be ready')
  return publisher
}

export async function startConsumer(
  connection: BrokerConnection,
  options: Optional<QueueConsumerOptions> = {},
): Promise<RecordingConsumer> {
  const deliveries: Delivery[] = []
  const losses: number[] = []
  const consumer = new QueueConsumer({
    connection,
    logger,
    queue: NORMAL,
    prefetch: 10,
    onDelivery: (delivery) => void deliveries.push(delivery),
    onLost: () => void losses.push(deliveries.length),
    ...options,
  })
  consumer.start()
  onCleanup(() => consumer.close())
  await waitFor(() => consumer.isConsuming, 'the consumer to consume')
  return { consumer, deliveries, losses }
}

export function ticket(messageId: string) {
  return { lane: 'normal', body: Buffer.from(JSON.stringify({ messageId })), messageId } as const
}

export function messageIds(deliveries: readonly Delivery[]): string[] {
  return deliveries.map(({ messageId }) => messageId ?? 'none')
}
