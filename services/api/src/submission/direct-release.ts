import type { TicketPublisher } from '@redrive/shared/broker'
import { noteOutcome, type ReservedTask as Reserved, runFlowNow, type Send } from '@redrive/shared/protocol'
import { type Events, reachCrashPoint } from '@redrive/shared/runtime'
import { encodeTicket, ticketMessageId } from '@redrive/shared/task'
import type { ConfirmMarker } from './confirm-marker.ts'
import type { LaneGate } from './lane-gate.ts'
import type { PlannedTask } from './planned-task.ts'

/** So long the dispatcher leaves a task to the api that accepted it. Keep together with the dispatcher's own grace. */
const RELEASE_GRACE_MS = 5_000
/** A task with the decision whether the api publishes its ticket itself, in the form that the ledger stores. */
export type ReservedTask = PlannedTask & Reserved

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
    const isDirect = isDue && this.#options.publisher.hasRoom && this.#options.gate.take(task.lane)
    return { ...task, takenForMs: isDirect ? RELEASE_GRACE_MS : null }
  }

  /** Publishes a ticket whose task is committed. Waits for nothing and never throws. */
  send(sending: Send): void {
    const pending = this.#publish(sending).finally(() => this.#pending.delete(pending))
    this.#pending.add(pending)
  }

  /** Resolves when every ticket that was sent has its outcome. Call it once the publisher has stopped. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending)
  }

  async #publish(sending: Send): Promise<void> {
    const { publisher, marker, events } = this.#options
    const { lane, ticket } = sending
    const message = { lane, body: encodeTicket(ticket), messageId: ticketMessageId(ticket) }
    const outcome = await publisher.publish(message)
    runFlowNow(noteOutcome(sending, outcome), (effect) => {
      switch (effect.do) {
        case 'emit':
          return events.tell(effect.event)
        case 'markLater':
          return marker.add(effect.ticket)
        case 'noteReturned':
          return this.#options.onReturned()
        case 'reach':
          return reachCrashPoint(effect.point)
      }
    })
  }
}
