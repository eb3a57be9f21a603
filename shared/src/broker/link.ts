import { connect, type ChannelModel } from 'amqplib'
import { BrokerUnavailableError } from './broker-unavailable-error.ts'
import { errorText } from './error-text.ts'
import { withinDeadline } from './within-deadline.ts'

export interface LinkOptions {
  readonly url: string
  readonly name: string
  readonly heartbeatS: number
  readonly connectTimeoutMs: number
}

/** One established connection, from its handshake to its loss. It never comes back: the next one is a new link. */
export interface Link {
  readonly model: ChannelModel
  readonly serverVersion: string
  /** Resolves once, with why, when the connection is gone or given up. Never rejects. */
  readonly lost: Promise<string>
  onBlocked(listener: (isBlocked: boolean) => void): void
  /** Politely if the broker answers within the deadline, else by cutting the socket. Never rejects. */
  close(deadlineMs: number): Promise<void>
}

/**
 * Connects and proves the connection by opening a channel. Rejects on refusal, on wrong credentials, and when the
 * broker says nothing for `connectTimeoutMs`.
 */
export async function openLink(options: LinkOptions): Promise<Link> {
  const model = await connect(withHeartbeat(options.url, options.heartbeatS), {
    // n.b. Without a timeout, connecting to a frozen broker waits for ever.
    timeout: options.connectTimeoutMs,
    noDelay: true,
    clientProperties: { connection_name: options.name },
  })
  const link = watchLink(model)
  try {
    await proveAlive(model, options.connectTimeoutMs)
  } catch (error) {
    cutSocket(model)
    throw error
  }
  return link
}

/** n.b. amqplib reads the heartbeat from the address only. One in the address is replaced: leases rely on ours. */
function withHeartbeat(url: string, heartbeatS: number): string {
  const address = new URL(url)
  address.searchParams.set('heartbeat', String(heartbeatS))
  return address.href
}

function watchLink(model: ChannelModel): Link {
  const { promise: lost, resolve: lose } = Promise.withResolvers<string>()
  // n.b. A connection that RabbitMQ closes by force (320) emits `close` without `error`; a protocol error emits
  // `error` and may never reach `close`. Either is the end.
  model.on('error', (error) => {
    lose(errorText(error))
    cutSocket(model)
  })
  model.on('close', (error) => lose(error ? errorText(error) : 'closed'))
  return {
    model,
    serverVersion: String(model.connection.serverProperties.version),
    lost,
    onBlocked: (listener) => {
      model.on('blocked', () => listener(true))
      model.on('unblocked', () => listener(false))
    },
    close: async (deadlineMs) => {
      lose('closed by us')
      // A close that fails or takes too long leaves nothing to save: the socket goes either way.
      await withinDeadline(model.close(), { ms: deadlineMs, what: 'close the connection' }).catch(
        () => undefined,
      )
      cutSocket(model)
    },
  }
}

/**
 * n.b. A close that arrives in the same packet as the end of the handshake is emitted before anyone can listen.
 * Opening a channel fails on such a connection, which otherwise would look established for ever.
 */
async function proveAlive(model: ChannelModel, ms: number): Promise<void> {
  const probe = async (): Promise<void> => {
    const channel = await model.createChannel()
    // A channel without an error listener takes the connection down with it.
    channel.on('error', () => undefined)
    await channel.close()
  }
  await withinDeadline(probe(), { ms, what: 'open a first channel' })
}

/**
 * n.b. amqplib only ends its half of a socket: towards a frozen broker it would stay for many minutes and keep the
 * process alive. The stream is not in its types. Destroying with an error lets amqplib close its channels and timers.
 */
function cutSocket(model: ChannelModel): void {
  const { stream } = model.connection as { readonly stream?: { destroy?: (error: Error) => void } }
  stream?.destroy?.(new BrokerUnavailableError('The connection was given up'))
}
