import { inspectQueue, type BrokerConnection, type ManagementClient } from '@redrive/shared/broker'

export interface LiveQueue {
  readonly queue: string
  readonly ready: number
  readonly consumers: number
  /** This and what follows is null unless the management API answers. */
  readonly unacknowledged: number | null
  readonly total: number | null
  readonly policy: string | null
}

/**
 * What the broker holds in a queue. With the management API, all its figures are of one moment, seconds ago, since those
 * of different moments cannot be added up; without it, the ready ones are of now.
 */
export async function inspectLive(
  {
    connection,
    management,
  }: { readonly connection: BrokerConnection; readonly management: ManagementClient | null },
  queue: string,
): Promise<LiveQueue> {
  const depth = await inspectQueue(connection, queue)
  const managed = (await management?.inspectQueue(queue)) ?? null
  if (managed !== null) return { queue, ...managed }
  const { ready, consumers } = depth ?? { ready: 0, consumers: 0 }
  return { queue, ready, consumers, unacknowledged: null, total: null, policy: null }
}
