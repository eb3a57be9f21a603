import type { BrokerConnection, PublishOutcome, TicketPublisher } from '@redrive/shared/broker'
import { waitFor } from '@redrive/shared/testing'
import { startConsumer, startPublisher, ticket } from '../../shared/test/broker/broker-harness.ts'

/** Of connections, on whichever nodes they meet: what becomes of a publisher depends on the node that it has lost. */
const PUBLISHERS = 6
/** At any time, of each. */
const AT_ONCE = 4

/** Publishes and consumes for as long as the test likes, and remembers what was confirmed and what arrived. */
export interface ClusterLoad {
  /** How many were begun so far. */
  begun(): number
  /** What became of those that were begun after as many others. */
  outcomesSince(begun: number): readonly PublishOutcome[]
  /** False while no publisher has a channel. */
  isReady(): boolean
  /** Resolves once this many more were confirmed to each publisher. */
  confirmMore(count: number): Promise<void>
  /** Ends publishing, and resolves once everything that was confirmed has arrived. */
  finish(): Promise<void>
}

export async function startClusterLoad(connect: () => BrokerConnection): Promise<ClusterLoad> {
  const publishers = await Promise.all(Array.from({ length: PUBLISHERS }, () => startPublisher(connect())))
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
  const confirmedTo = new Map(publishers.map((publisher) => [publisher, 0]))
  const publishOn = async (publisher: TicketPublisher): Promise<void> => {
    while (isPublishing) {
      const number = count++
      const outcome = await publisher.publish(ticket(`ticket.${number}`))
      outcomes[number] = outcome
      if (outcome === 'confirmed') confirmedTo.set(publisher, (confirmedTo.get(publisher) ?? 0) + 1)
      // Without a channel the answer comes at once, and asking again at once would only keep the processor busy.
      await waitFor(() => publisher.isReady || !isPublishing, 'a channel', { deadlineMs: 120_000 })
    }
  }
  const publishing = Promise.all(
    publishers.flatMap((publisher) => Array.from({ length: AT_ONCE }, () => publishOn(publisher))),
  )
  const confirmed = (): string[] =>
    outcomes.flatMap((outcome, number) => (outcome === 'confirmed' ? [`ticket.${number}`] : []))
  return {
    begun: () => count,
    isReady: () => publishers.some(({ isReady }) => isReady),
    outcomesSince: (begun) => outcomes.slice(begun).filter((outcome) => outcome !== undefined),
    confirmMore: async (more) => {
      const before = new Map(confirmedTo)
      const gained = (publisher: TicketPublisher): number =>
        (confirmedTo.get(publisher) ?? 0) - (before.get(publisher) ?? 0)
      const what = `${more} more confirms to each publisher`
      await waitFor(() => publishers.every((each) => gained(each) >= more), what, { deadlineMs: 120_000 })
    },
    finish: async () => {
      isPublishing = false
      await publishing
      await waitFor(() => confirmed().every((id) => arrived.has(id)), 'everything that was confirmed', {
        deadlineMs: 120_000,
      })
      await consumer.close()
      await Promise.all(publishers.map((publisher) => publisher.stop()))
    },
  }
}
