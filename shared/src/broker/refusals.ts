interface Refused {
  /** Of the present channel's first refusal with no confirm since; null before it. */
  readonly sinceMs: number | null
  readonly patienceMs: number
}

/**
 * A guess: long enough not to replace a channel for one refusal, and short beside the gap of up to six seconds in which nothing
 * is confirmed after a node was killed (seen on two busy cores).
 */
const FIRST_PATIENCE_MS = 1_000
/** A lane that an operator's limit keeps full refuses for days, and each new channel puts the other lanes' publishes in doubt. */
const MOST_PATIENCE_MS = 10_000

/**
 * Decides when a channel whose messages to one queue are all refused should be replaced: after 1 s, 2 s, 4 s … 10 s of
 * refusals, from the beginning again once the queue has taken a message.
 *
 * n.b. RabbitMQ 3.10 looks up a quorum queue's leader when a channel first publishes to it. While the leader it finds is
 * a node that is down it refuses the message, and it never looks again: that channel is refused until that very node is
 * back, though the others have long elected a leader. A fresh channel looks anew.
 * (`rabbit_fifo_client:enqueue/3`; https://github.com/rabbitmq/rabbitmq-server/pull/9241 is about the stale record.)
 */
export class Refusals {
  readonly #queues = new Map<string, Refused>()

  /** The queue took a message. */
  clear(queue: string): void {
    this.#queues.delete(queue)
  }

  /** The queue refused a message. True when the channel should be replaced, and then not again for a while. */
  count(queue: string, nowMs: number): boolean {
    const { sinceMs, patienceMs } = this.#queues.get(queue) ?? {
      sinceMs: null,
      patienceMs: FIRST_PATIENCE_MS,
    }
    const isOver = sinceMs !== null && nowMs - sinceMs >= patienceMs
    const next = isOver
      ? { sinceMs: null, patienceMs: Math.min(2 * patienceMs, MOST_PATIENCE_MS) }
      : { sinceMs: sinceMs ?? nowMs, patienceMs }
    this.#queues.set(queue, next)
    return isOver
  }

  /** What a channel was refused says nothing about the next one; how patient to be stays. */
  startChannel(): void {
    for (const [queue, refused] of this.#queues) this.#queues.set(queue, { ...refused, sinceMs: null })
  }
}
