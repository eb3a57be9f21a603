export interface ManagementClientOptions {
  /** `http://user:password@host:15672`, as in the settings; any number of nodes of one cluster. */
  readonly urls: readonly string[]
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
  /** The name of the policy that an operator has set for it. */
  readonly policy: string | null
}

export interface ManagedBinding {
  readonly exchange: string
  readonly queue: string
  readonly pattern: string
}

/** RabbitMQ's own default for how often the figures are taken is 5 s, so a late answer is not worth waiting for. */
const TIMEOUT_MS = 1_000

/**
 * Figures that AMQP does not give. An extra: without the plugin, the rights or an answer, the result is null, and
 * nothing else depends on it.
 */
export class ManagementClient {
  /** The node that answered last comes first. */
  #nodes: readonly ManagedNode[]
  readonly #virtualHost: string
  readonly #timeoutMs: number

  constructor({ urls, virtualHost = '/', timeoutMs = TIMEOUT_MS }: ManagementClientOptions) {
    this.#nodes = urls.map(managedNode)
    this.#virtualHost = encodeURIComponent(virtualHost)
    this.#timeoutMs = timeoutMs
  }

  /** The figures of one queue, seconds old, or null on any failure. Never rejects. Takes one timeout per node at most. */
  async inspectQueue(queue: string): Promise<ManagedQueue | null> {
    return readQueue(await this.#get(`queues/${this.#virtualHost}/${encodeURIComponent(queue)}`))
  }

  /** Every binding of the virtual host, or null on any failure. Never rejects. Takes one timeout per node at most. */
  async listBindings(): Promise<readonly ManagedBinding[] | null> {
    const found = await this.#get(`bindings/${this.#virtualHost}`)
    return Array.isArray(found) ? found.flatMap(readBinding) : null
  }

  async #get(path: string): Promise<unknown> {
    for (const node of this.#nodes) {
      const response = await this.#ask(node, path)
      // A refusal is an answer, which the other nodes would only repeat; a node that is in trouble gives none.
      if (response === null || response.status >= 500) continue
      this.#nodes = [node, ...this.#nodes.filter((other) => other !== node)]
      return response.ok ? await response.json().catch(() => null) : null
    }
    return null
  }

  async #ask({ base, authorization }: ManagedNode, path: string): Promise<Response | null> {
    try {
      return await fetch(`${base}/${path}`, {
        headers: { authorization },
        signal: AbortSignal.timeout(this.#timeoutMs),
      })
    } catch {
      // Absent or slow: which one makes no difference to a figure that is only nice to have.
      return null
    }
  }
}

interface ManagedNode {
  readonly base: string
  readonly authorization: string
}

function managedNode(url: string): ManagedNode {
  const { protocol, host, pathname, username, password } = new URL(url)
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return {
    authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    base: `${protocol}//${host}${pathname.replace(/\/$/, '')}/api`,
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
  const policy = figures['policy']
  const isComplete =
    typeof ready === 'number' && typeof unacknowledged === 'number' && typeof total === 'number'
  if (!isComplete) return null
  return {
    ready,
    unacknowledged,
    total,
    consumers: Number(consumers ?? 0),
    policy: typeof policy === 'string' ? policy : null,
  }
}

function readBinding(entry: unknown): readonly ManagedBinding[] {
  if (typeof entry !== 'object' || entry === null) return []
  const { source, destination, routing_key: pattern } = entry as Record<string, unknown>
  const isComplete =
    typeof source === 'string' && typeof destination === 'string' && typeof pattern === 'string'
  return isComplete ? [{ exchange: source, queue: destination, pattern }] : []
}
