/** What the leading dispatcher saw of one queue when it last compared the ledger with the broker. */
export interface QueueLook {
  readonly queue: string
  readonly ready: number
  /** Null where nobody can tell. */
  readonly unacknowledged: number | null
  readonly consumers: number
  /** Counted by the broker and neither ready nor unacknowledged, over several looks. */
  readonly stuck: number | null
  /** Confirmed tickets that the broker no longer had, which were released again. */
  readonly missing: number
  /** The policy that an operator has set for the queue, if the broker tells. */
  readonly policy: string | null
}

export interface BrokerLook {
  readonly queues: readonly QueueLook[]
}
