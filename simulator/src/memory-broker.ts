import type { Lane } from '@redrive/shared/task'

export type QueueName = Lane | 'error'

export interface Message {
  readonly id: number
  readonly body: string
  /** How often a delivery of it came back. */
  returns: number
  /** Why the broker carried it to the error queue. */
  death: { readonly queue: string; readonly reason: 'delivery_limit' | 'rejected' } | null
}

/** A message that somebody holds. */
export interface Delivered {
  readonly message: Message
  readonly queue: QueueName
  readonly consumer: string
  /** False once it was settled, or its channel was lost. */
  isOpen: boolean
}

/** Small, so that it is met. */
const DELIVERY_LIMIT = 4

/**
 * The broker as plain data. It does what RabbitMQ promises (what is confirmed is kept, what is not settled comes again,
 * what is rejected goes to the error queue at least once) except where somebody calls one of the methods that break it.
 */
export class MemoryBroker {
  readonly queues = new Map<QueueName, Message[]>()
  readonly delivered = new Set<Delivered>()
  #nextId = 1

  constructor(lanes: readonly Lane[]) {
    for (const queue of [...lanes, 'error'] as const) this.queues.set(queue, [])
  }

  add(queue: QueueName, body: string): void {
    this.queues.get(queue)?.push({ id: this.#nextId++, body, returns: 0, death: null })
  }

  ready(queue: QueueName): readonly Message[] {
    return this.queues.get(queue) ?? []
  }

  unacknowledged(queue: QueueName): number {
    let count = 0
    for (const one of this.delivered) if (one.queue === queue) count += 1
    return count
  }

  /** Hands the message at this place to a consumer: any place, because nobody may rely on the order. */
  deliver(
    queue: QueueName,
    { index, consumer }: { readonly index: number; readonly consumer: string },
  ): Delivered | null {
    const [message] = this.queues.get(queue)?.splice(index, 1) ?? []
    if (message === undefined) return null
    const delivered = { message, queue, consumer, isOpen: true }
    this.delivered.add(delivered)
    return delivered
  }

  settle(delivered: Delivered, as: 'ack' | 'giveBack' | 'reject'): void {
    if (!this.#close(delivered)) return
    const { message, queue } = delivered
    if (as === 'giveBack') this.#return(message, queue)
    else if (as === 'reject') this.#carry({ ...message, death: { queue, reason: 'rejected' } })
  }

  /** The consumer's channel is gone: what it held comes again. */
  loseChannel(consumer: string): void {
    for (const delivered of this.delivered) {
      if (delivered.consumer === consumer && this.#close(delivered))
        this.#return(delivered.message, delivered.queue)
    }
  }

  duplicate(queue: QueueName, index: number): void {
    const message = this.queues.get(queue)?.[index]
    if (message !== undefined) this.queues.get(queue)?.push({ ...message, id: this.#nextId++ })
  }

  lose(queue: QueueName, index: number): void {
    this.queues.get(queue)?.splice(index, 1)
  }

  purge(queue: QueueName): void {
    this.queues.get(queue)?.splice(0)
  }

  /** Comes back empty: nothing that was ready or held exists any more. */
  forgetEverything(): void {
    for (const messages of this.queues.values()) messages.length = 0
    for (const delivered of this.delivered) delivered.isOpen = false
    this.delivered.clear()
  }

  get isEmpty(): boolean {
    return this.delivered.size === 0 && [...this.queues.values()].every((messages) => messages.length === 0)
  }

  #close(delivered: Delivered): boolean {
    if (!delivered.isOpen) return false
    delivered.isOpen = false
    return this.delivered.delete(delivered)
  }

  #return(message: Message, queue: QueueName): void {
    message.returns += 1
    if (queue !== 'error' && message.returns > DELIVERY_LIMIT)
      this.#carry({ ...message, death: { queue, reason: 'delivery_limit' } })
    else this.queues.get(queue)?.push(message)
  }

  #carry(message: Message): void {
    this.queues.get('error')?.push({ ...message, returns: 0 })
  }
}
