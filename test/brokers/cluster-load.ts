import type { BrokerConnection, PublishOutcome } from '@redrive/shared/broker'
import { waitFor } from '@redrive/shared/testing'
import { startConsumer, startPublisher, ticket } from '../../shared/test/broker/broker-harness.ts'

const PUBLISHERS = 8

/** Publishes and consumes for as long as the test likes, and remembers what was confirmed and what arrived. */
export interface ClusterLoad {
  /** How many were begun so far. */
  begun(): number
  /** What became of those that were begun after as many others. */
  outcomesSince(begun: number): readonly PublishOutcome[]
  /** False while there is no channel to publish on. */
  isReady(): boolean
  /** Resolves once this many more were confirmed. */
  confirmMore(count: number): Promise<void>
  /** Ends publishing, and resolves once everything that was confirmed has arrived. */
  finish(): Promise<void>
}

export async function startClusterLoad(connect: () => BrokerConnection): Promise<ClusterLoad> {
  const publisher = await startPublisher(connect())
  const arrived = new Set<string>()
  const { consumer } = await startConsumer(connect(), {
    prefetch: 100,
    onDelivery: (delivery) => {
      if (delivery.messageId !== null) arrived.add(delivery.messageId)
      delivery.ack()
    },
  })
  const outcomes: (PublishOutcome | undefined)[] = []
  let isPublishing = true
  let count = 0
  const publishOn = async (): Promise<void> => {
    while (isPublishing) {
      const number = count++
      outcomes[number] = await publisher.publish(ticket(`ticket.${number}`))
      // Without a channel the answer comes at once, and asking again at once would only keep the processor busy.
      await waitFor(() => publisher.isReady || !isPublishing, 'a channel', { deadlineMs: 120_000 })
    }
  }
  const publishing = Promise.all(Array.from({ length: PUBLISHERS }, publishOn))
  const confirmed = (): string[] =>
    outcomes.flatMap((outcome, number) => (outcome === 'confirmed' ? [`ticket.${number}`] : []))
  return {
    begun: () => count,
    isReady: () => publisher.isReady,
    outcomesSince: (begun) => outcomes.slice(begun).filter((outcome) => outcome !== undefined),
    confirmMore: async (more) => {
      const target = confirmed().length + more
      await waitFor(() => confirmed().length >= target, `${more} more confirms`, { deadlineMs: 120_000 })
    },
    finish: async () => {
      isPublishing = false
      await publishing
      await waitFor(() => confirmed().every((id) => arrived.has(id)), 'everything that was confirmed', {
        deadlineMs: 120_000,
      })
      await consumer.close()
      await publisher.stop()
    },
  }
}
