import type { Delivery } from '@redrive/shared/broker'
import type { Settlement, TicketInHand } from '@redrive/shared/protocol'
import { type Lane, type Ticket, ticketMessageId } from '@redrive/shared/task'

/** A ticket that the broker handed to this worker and that is not settled yet. */
export interface HeldTicket extends TicketInHand {
  /** The broker's latest delivery of it. */
  delivery: Delivery
  /** The delivery's channel is gone: the broker will deliver the ticket again, here or elsewhere. */
  isLost: boolean
  vainClaims: number
}

interface HeldTicketsOptions {
  readonly lanes: readonly Lane[]
  /** Tickets wait to be claimed. Must not throw. */
  readonly onWaiting: () => void
}

/**
 * Every ticket that this worker holds, by task and number. Bounded by the prefetch of its lanes.
 *
 * waiting: not claimed, in its lane's line. resting: not claimed, and back in the line after a moment. taken: being
 * claimed, running or judged. Settling ends all three. While closed, nothing waits or rests: it goes back instead.
 */
export class HeldTickets {
  readonly #all = new Map<string, HeldTicket>()
  readonly #waiting: ReadonlyMap<Lane, Set<HeldTicket>>
  readonly #resting = new Map<HeldTicket, NodeJS.Timeout>()
  readonly #onWaiting: () => void
  #isClosed = false
  #turn = 0
  #whenEmpty: (() => void)[] = []

  constructor({ lanes, onWaiting }: HeldTicketsOptions) {
    this.#waiting = new Map(lanes.map((lane) => [lane, new Set()]))
    this.#onWaiting = onWaiting
  }

  get size(): number {
    return this.#all.size
  }

  get waitingCount(): number {
    let count = this.#resting.size
    for (const line of this.#waiting.values()) count += line.size
    return count
  }

  all(): Iterable<HeldTicket> {
    return this.#all.values()
  }

  /**
   * Takes a delivery in. One of a ticket that is held already says nothing new and is acknowledged as void, unless the
   * first delivery was lost with its channel: then the new one takes its place, so that there is a ticket to settle.
   */
  receive(ticket: Ticket, lane: Lane, delivery: Delivery): 'new' | 'replaced' | 'duplicate' {
    const held = this.#all.get(ticketMessageId(ticket))
    if (held === undefined) {
      this.#hold({ ticket, lane, delivery, isLost: false, vainClaims: 0 })
      return 'new'
    }
    if (!held.isLost) {
      delivery.ack()
      return 'duplicate'
    }
    held.delivery = delivery
    held.isLost = false
    return 'replaced'
  }

  /** Up to `limit` waiting tickets of distinct tasks, one lane after the other, each lane in the order of delivery. */
  take(limit: number): readonly HeldTicket[] {
    const taken = new Map<string, HeldTicket>()
    const lines = [...this.#waiting.values()]
    let emptyLines = 0
    while (taken.size < limit && emptyLines < lines.length) {
      const line = lines[this.#turn++ % lines.length]
      const next = line === undefined ? undefined : firstOfOtherTask(line, taken)
      if (next === undefined) emptyLines += 1
      else {
        emptyLines = 0
        line?.delete(next)
        taken.set(next.ticket.taskId, next)
      }
    }
    return [...taken.values()]
  }

  /** Back to the line, after a moment if wanted. */
  waitAgain(held: HeldTicket, delayMs = 0): void {
    if (this.#isClosed || held.isLost) this.settle(held, 'giveBack')
    else if (delayMs === 0) this.#wait(held)
    else
      this.#resting.set(
        held,
        setTimeout(() => this.#wait(held), delayMs),
      )
  }

  /** Ends the holding; on a lost channel nothing is sent, and the broker delivers the ticket again. */
  settle(held: HeldTicket, settlement: Settlement): void {
    if (!this.has(held)) return
    held.delivery[settlement]()
    this.#forget(held)
  }

  /** A lane's channel is gone: what waits comes again, and what is taken goes on without a delivery. */
  loseDeliveries(lane: Lane): void {
    const unclaimed = new Set(this.#unclaimed())
    for (const held of this.#all.values()) {
      if (held.lane !== lane) continue
      held.isLost = true
      if (unclaimed.has(held)) this.#forget(held)
    }
  }

  /** Gives everything unclaimed back, now and from now on. */
  close(): void {
    this.#isClosed = true
    for (const held of this.#unclaimed()) this.settle(held, 'giveBack')
  }

  open(): void {
    this.#isClosed = false
  }

  whenEmpty(): Promise<void> {
    if (this.#all.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#whenEmpty.push(resolve))
  }

  /** False once it was settled. */
  has(held: HeldTicket): boolean {
    return this.#all.get(ticketMessageId(held.ticket)) === held
  }

  isUnclaimed(held: HeldTicket): boolean {
    return this.#resting.has(held) || this.#waiting.get(held.lane)?.has(held) === true
  }

  #hold(held: HeldTicket): void {
    this.#all.set(ticketMessageId(held.ticket), held)
    if (this.#isClosed) this.settle(held, 'giveBack')
    else this.#wait(held)
  }

  #wait(held: HeldTicket): void {
    this.#resting.delete(held)
    this.#waiting.get(held.lane)?.add(held)
    this.#onWaiting()
  }

  #unclaimed(): readonly HeldTicket[] {
    return [...[...this.#waiting.values()].flatMap((line) => [...line]), ...this.#resting.keys()]
  }

  #forget(held: HeldTicket): void {
    clearTimeout(this.#resting.get(held))
    this.#resting.delete(held)
    this.#waiting.get(held.lane)?.delete(held)
    this.#all.delete(ticketMessageId(held.ticket))
    if (this.#all.size > 0) return
    for (const resolve of this.#whenEmpty.splice(0)) resolve()
  }
}

/** Two numbers of one task in one claim would be two answers for one row. */
function firstOfOtherTask(
  line: ReadonlySet<HeldTicket>,
  taken: ReadonlyMap<string, HeldTicket>,
): HeldTicket | undefined {
  for (const held of line) {
    if (!taken.has(held.ticket.taskId)) return held
  }
  return undefined
}
