import { inspectQueue, type BrokerConnection, type ManagementClient } from '@redrive/shared/broker'

export interface LiveQueue {
  readonly queue: string
  readonly ready: number
  readonly consumers: number
  /** This and what follows is null unless the management API answers. */
  readonly unacknowledged: number | null
  /** Counted, and neither ready nor unacknowledged. */
  readonly surplus: number | null
  readonly policy: string | null
}

/**
 * What the broker holds in a queue, rather too much than too little. The management API's figures are of a moment some
 * seconds ago: what was ready then may be with a consumer now, and what is ready now may have come since. So the larger
 * number of both is taken, and a loss is believed when neither knows of the tickets.
 */
export async function inspectLive(
  {
    connection,
    management,
  }: { readonly connection: BrokerConnection; readonly management: ManagementClient | null },
  queue: string,
): Promise<LiveQueue> {
  const managed = (await management?.inspectQueue(queue)) ?? null
  const { ready, consumers } = (await inspectQueue(connection, queue)) ?? { ready: 0, consumers: 0 }
  if (managed === null) return { queue, ready, consumers, unacknowledged: null, surplus: null, policy: null }
  const { unacknowledged, total, policy } = managed
  const surplus = Math.max(0, total - managed.ready - unacknowledged)
  return { queue, ready: Math.max(ready, managed.ready), consumers, unacknowledged, surplus, policy }
}
