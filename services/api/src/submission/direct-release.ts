import type { TicketPublisher } from '@redrive/shared/broker'
import type { AcceptedTask } from '@redrive/shared/database'
import { type Events, reachCrashPoint } from '@redrive/shared/runtime'
import { encodeTicket, type Lane, ticketMessageId } from '@redrive/shared/task'
import type { ConfirmMarker } from './confirm-marker.ts'
import type { LaneGate } from './lane-gate.ts'
import type { PlannedTask } from './planned-task.ts'

/** So long the dispatcher leaves a task to the api that accepted it. Keep together with the dispatcher's own grace. */
const RELEASE_GRACE_MS = 5_000
/** A new task's ticket is its first dispatch. */
const FIRST_NUMBER = 1

/** A task with the decision whether the api publishes its ticket itself, in the form that the ledger stores. */
export interface ReservedTask extends PlannedTask {
  readonly takenForMs: number | null
}

export interface DirectReleaseOptions {
  readonly publisher: TicketPublisher
  readonly gate: LaneGate
  readonly marker: ConfirmMarker
  readonly events: Events
  /** The broker found no queue for a ticket. */
  readonly onReturned: () => void
}

/**
 * The quick way from submission to a worker: the api publishes the ticket itself, after the commit. Whatever it does not
 * publish, or publishes without hearing a confirm, the dispatcher releases: nothing depends on this way but speed.
 */
export class DirectRelease {
  readonly #options: DirectReleaseOptions
  readonly #pending = new Set<Promise<void>>()

  constructor(options: DirectReleaseOptions) {
    this.#options = options
  }

  /** Decided before the insert, because the stored row must say who is to publish it. */
  reserve(task: PlannedTask, nowMs: number): ReservedTask {
    const isDue = task.delayMs === 0 && (task.runAt === null || task.runAt.getTime() <= nowMs)
    const isDirect = isDue && this.#options.publisher.isReady && this.#options.gate.take(task.lane)
    return { ...task, takenForMs: isDirect ? RELEASE_GRACE_MS : null }
  }

  /** Publishes the tickets of the stored tasks that were reserved. Waits for nothing and never throws. */
  publish(tasks: readonly ReservedTask[], accepted: readonly AcceptedTask[]): void {
    let count = 0
    for (const [index, task] of tasks.entries()) {
      const stored = accepted[index]
      // The database's clock decides whether it is due; by that clock the row was left to release otherwise.
      const isOurs = task.takenForMs !== null && stored?.id === task.id && stored.runAt <= stored.createdAt
      if (!isOurs) continue
      this.#send(task.id, task.lane)
      count += 1
    }
    if (count === 0) return
    this.#options.events.emit('ticket.published', { count })
    reachCrashPoint('submit.published')
  }

  /** Resolves when every ticket that was sent has its outcome. Call it once the publisher has stopped. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending)
  }

  #send(taskId: string, lane: Lane): void {
    const pending = this.#publishOne(taskId, lane).finally(() => this.#pending.delete(pending))
    this.#pending.add(pending)
  }

  async #publishOne(taskId: string, lane: Lane): Promise<void> {
    const { publisher, marker, events } = this.#options
    const ticket = { taskId, number: FIRST_NUMBER }
    const message = { lane, body: encodeTicket(ticket), messageId: ticketMessageId(ticket) }
    const outcome = await publisher.publish(message)
    if (outcome === 'confirmed') {
      reachCrashPoint('submit.confirmed')
      marker.add(ticket)
      events.emit('ticket.confirmed', { taskId, lane, number: FIRST_NUMBER, count: 1 })
    } else {
      if (outcome === 'returned') this.#options.onReturned()
      events.emit(`ticket.${outcome}`, { taskId, lane, number: FIRST_NUMBER, count: 1 })
    }
  }
}
