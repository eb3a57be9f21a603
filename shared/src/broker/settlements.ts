import type { Channel } from 'amqplib'
import type { OpenChannel } from './open-channel.ts'

type Verdict = 'ack' | 'reject' | 'give back'

/** The unsettled deliveries of one channel. */
export interface Settlements {
  /** Notes a delivery; must be called in the order of delivery. */
  track(tag: number): void
  /** False when the delivery was settled before or the channel is gone: the broker will deliver it again. */
  settle(tag: number, verdict: Verdict): boolean
  /** Sends the acknowledgements that are still gathered. */
  flush(): void
}

/**
 * Acknowledgements of one turn of the event loop are sent together: for a queue with many small messages, one frame
 * for hundreds is what keeps the broker's share of the work small. A crash before the flush only means that these
 * messages are delivered again.
 *
 * n.b. A frame that acknowledges "all up to" covers every unsettled delivery below it, so it is used only for a run
 * at the front of which each one was acknowledged.
 */
export function createSettlements(open: OpenChannel): Settlements {
  /** Tags increase, so insertion order is delivery order. True: acknowledged, and not yet sent. */
  const unsettled = new Map<number, boolean>()
  let acknowledged = 0

  const flush = (): void => {
    if (acknowledged === 0 || !open.isOpen()) return
    acknowledged = 0
    const { front, others } = takeAcknowledged(unsettled)
    if (front !== null) sendAck(open.channel, front, true)
    for (const tag of others) sendAck(open.channel, tag, false)
  }

  return {
    track: (tag) => void unsettled.set(tag, false),
    settle: (tag, verdict) => {
      if (!open.isOpen() || unsettled.get(tag) !== false) return false
      if (verdict === 'ack') {
        unsettled.set(tag, true)
        if (acknowledged++ === 0) setImmediate(flush)
        return true
      }
      unsettled.delete(tag)
      sendRefusal(open.channel, tag, verdict)
      return true
    },
    flush,
  }
}

/** Removes what was acknowledged: the last tag of the run at the front, and those beyond it one by one. */
function takeAcknowledged(unsettled: Map<number, boolean>): { front: number | null; others: number[] } {
  let front: number | null = null
  let isFront = true
  const others: number[] = []
  for (const [tag, isAcknowledged] of unsettled) {
    if (!isAcknowledged) {
      isFront = false
      continue
    }
    if (isFront) front = tag
    else others.push(tag)
    unsettled.delete(tag)
  }
  return { front, others }
}

/** amqplib takes whole messages where AMQP needs no more than the tag. */
function messageOf(tag: number): Parameters<Channel['ack']>[0] {
  return { fields: { deliveryTag: tag } } as Parameters<Channel['ack']>[0]
}

function sendAck(channel: Channel, tag: number, isUpTo: boolean): void {
  channel.ack(messageOf(tag), isUpTo)
}

function sendRefusal(channel: Channel, tag: number, verdict: 'reject' | 'give back'): void {
  // n.b. From 4.3 on, a `nack` that requeues is not counted as a failed delivery, and a `reject` that does is.
  if (verdict === 'give back') channel.nack(messageOf(tag), false, true)
  else channel.reject(messageOf(tag), false)
}
