export interface ManagementClientOptions {
  /** `http://user:password@host:15672`, as in the settings. */
  readonly url: string
  /** As in the AMQP address, where the path is the virtual host: `/` when it is missing. */
  readonly virtualHost?: string
  readonly timeoutMs?: number
}

export interface ManagedQueue {
  readonly ready: number
  readonly unacknowledged: number
  /** More than the other two together when dead letters are stuck inside the queue. */
  readonly total: number
  readonly consumers: number
}

/** RabbitMQ's own default for how often the figures are taken is 5 s, so a late answer is not worth waiting for. */
const TIMEOUT_MS = 1_000

/**
 * Figures that AMQP does not give. An extra: without the plugin, the rights or an answer, the result is null, and
 * nothing else depends on it.
 */
export class ManagementClient {
  readonly #base: string
  readonly #authorization: string
  readonly #timeoutMs: number

  constructor({ url, virtualHost = '/', timeoutMs = TIMEOUT_MS }: ManagementClientOptions) {
    const { protocol, host, pathname, username, password } = new URL(url)
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    this.#authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
    this.#base = `${protocol}//${host}${pathname.replace(/\/$/, '')}/api/queues/${encodeURIComponent(virtualHost)}`
    this.#timeoutMs = timeoutMs
  }

  /** The figures of one queue, seconds old, or null on any failure. Never rejects. */
  async inspectQueue(queue: string): Promise<ManagedQueue | null> {
    try {
      const response = await fetch(`${this.#base}/${encodeURIComponent(queue)}`, {
        headers: { authorization: this.#authorization },
        signal: AbortSignal.timeout(this.#timeoutMs),
      })
      return response.ok ? readQueue(await response.json()) : null
    } catch {
      // Absent, refused or slow: which one makes no difference to a figure that is only nice to have.
      return null
    }
  }
}

/** The virtual host that an AMQP address names. */
export function virtualHostOf(amqpUrl: string): string {
  return decodeURIComponent(new URL(amqpUrl).pathname.slice(1)) || '/'
}

/** n.b. A queue that was declared a moment ago has no figures yet. */
function readQueue(body: unknown): ManagedQueue | null {
  if (typeof body !== 'object' || body === null) return null
  const figures = body as Record<string, unknown>
  const ready = figures['messages_ready']
  const unacknowledged = figures['messages_unacknowledged']
  const total = figures['messages']
  const consumers = figures['consumers']
  const isComplete =
    typeof ready === 'number' && typeof unacknowledged === 'number' && typeof total === 'number'
  return isComplete ? { ready, unacknowledged, total, consumers: Number(consumers ?? 0) } : null
}
