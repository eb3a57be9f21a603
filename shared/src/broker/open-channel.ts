import type { Channel, ConfirmChannel } from 'amqplib'
import { errorText, replyCode } from './error-text.ts'
import type { Link } from './link.ts'
import { withinDeadline } from './within-deadline.ts'

/** Why a channel ended: the broker's reply code (404, 406, …) when it was the broker that closed it. */
export interface ChannelLoss {
  readonly code: number | null
  readonly reason: string
}

/** A channel with its listeners in place. It never reopens: the next one is another object. */
export interface OpenChannel<C extends Channel = Channel> {
  readonly channel: C
  /** False from the moment nothing can be sent any more. */
  readonly isOpen: () => boolean
  /** Resolves once. Never rejects. */
  readonly lost: Promise<ChannelLoss>
  /** Ends it as if lost for this reason; what it had not settled goes back to its queue. Never rejects. */
  close(reason: string, code?: number): Promise<void>
}

/** A broker that answers takes milliseconds; a queue that is electing its leader may hold a request for seconds. */
const OPEN_DEADLINE_MS = 10_000
const CLOSE_DEADLINE_MS = 2_000

export async function openChannel(link: Link): Promise<OpenChannel> {
  return await opened(link.model.createChannel())
}

export async function openConfirmChannel(link: Link): Promise<OpenChannel<ConfirmChannel>> {
  return await opened(link.model.createConfirmChannel())
}

async function opened<C extends Channel>(opening: Promise<C>): Promise<OpenChannel<C>> {
  const watched = opening.then(watchChannel)
  try {
    return await withinDeadline(watched, { ms: OPEN_DEADLINE_MS, what: 'open a channel' })
  } catch (error) {
    // One that opens after all would stay open, unused, for as long as its connection.
    watched.then((late) => late.close('opened too late')).catch(() => undefined)
    throw error
  }
}

function watchChannel<C extends Channel>(channel: C): OpenChannel<C> {
  const { promise: lost, resolve } = Promise.withResolvers<ChannelLoss>()
  let isOpen = true
  const lose = (loss: ChannelLoss): void => {
    isOpen = false
    resolve(loss)
  }
  // n.b. A channel without an error listener takes the whole connection down, with every other channel on it.
  channel.on('error', (error) => lose({ code: replyCode(error), reason: errorText(error) }))
  channel.on('close', () => lose({ code: null, reason: 'the connection or channel was closed' }))
  return {
    channel,
    isOpen: () => isOpen,
    lost,
    close: async (reason, code) => {
      if (!isOpen) return
      lose({ code: code ?? null, reason })
      // A channel whose close fails or is not answered is gone with its connection at the latest.
      await withinDeadline(channel.close(), { ms: CLOSE_DEADLINE_MS, what: 'close a channel' }).catch(
        () => undefined,
      )
    },
  }
}
