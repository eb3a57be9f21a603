import type { Logger } from 'pino'
import { backoffDelayMs } from '../runtime/backoff-delay-ms.ts'
import { errorText } from './error-text.ts'
import { openLink, type Link } from './link.ts'
import { sleepUnlessAborted } from './sleep-unless-aborted.ts'
import { unlessAborted } from './unless-aborted.ts'

export type ConnectionState = 'disconnected' | 'connected' | 'blocked' | 'stopped'

export interface BrokerConnectionOptions {
  /** The nodes of one cluster, in any order; each try takes another. */
  readonly urls: readonly string[]
  /** Shown to operators in RabbitMQ's list of connections. */
  readonly name: string
  readonly logger: Logger
  /** Default 10. The broker gives back what a cut-off consumer held after two to three of them. */
  readonly heartbeatS?: number
  /**
   * Silence during the handshake that ends a try, at first: twice as long after each round of failures. Default 5,000, or
   * 2,000 while another node could be tried.
   */
  readonly connectTimeoutMs?: number
  /** Called after each change. */
  readonly onState?: (state: ConnectionState) => void
}

/**
 * Full jitter under 200 ms, 400 ms, 800 ms … 2 s: a restarted broker meets its clients one by one, and a client that has
 * waited through an outage of minutes still meets it at once. Under 10 s, seen: half of every recovery was this wait.
 * It grows when every address has failed once more: that one node is gone says nothing about the next.
 */
const RECONNECT = { baseMs: 200, maxMs: 2_000 }
/** A connection that lasted this long was a good one: the next loss starts again with the shortest delay. A guess. */
const GOOD_AFTER_MS = 5_000
const CLOSE_DEADLINE_MS = 2_000
/** A node that is well answers within milliseconds; one that is frozen must not keep clients from its neighbours. */
const connectTimeoutFor = (urls: readonly string[]): number => (urls.length > 1 ? 2_000 : 5_000)
/** Of doublings of that time: a broker that is slow for want of processors is never reached by clients that are never patient. */
const MOST_PATIENCE = 3

/**
 * Keeps one connection to RabbitMQ for as long as it runs.
 *
 * disconnected → connected: a handshake succeeded and a channel could be opened.
 * connected ⇄ blocked: the broker is short of memory or disk and reads no publishes; consuming goes on.
 * connected, blocked → disconnected: lost in any way; the next try follows after a delay, for ever.
 * any → stopped: `stop()`, for good.
 *
 * Channels belong to whoever opens them on the current link. Publishers and consumers need a connection each:
 * acknowledgements would be stuck behind publishes while the broker blocks.
 */
export class BrokerConnection {
  readonly #options: BrokerConnectionOptions
  readonly #stopping = new AbortController()
  readonly #waiting = new Set<(link: Link | null) => void>()
  #loop: Promise<void> | null = null
  #link: Link | null = null
  #state: ConnectionState = 'disconnected'

  constructor(options: BrokerConnectionOptions) {
    if (options.urls.length === 0) throw new TypeError('A broker connection needs at least one address')
    // The address itself stays out of the message, since it carries a password.
    if (!options.urls.every((url) => URL.canParse(url)))
      throw new TypeError('An address of RabbitMQ is not a URL')
    this.#options = options
  }

  /** Begins connecting and returns at once: the broker may be absent for as long as it likes. */
  start(): void {
    if (!this.#stopping.signal.aborted) this.#loop ??= this.#keepConnected()
  }

  /** Closes within two seconds, whether the broker answers or not. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#announce(null)
    await this.#loop
    this.#become('stopped')
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** True while blocked, too. */
  get isConnected(): boolean {
    return this.#link !== null
  }

  get isBlocked(): boolean {
    return this.#state === 'blocked'
  }

  /** The established connection, now or as soon as there is one; null when it stops or `signal` aborts before. */
  async waitForLink(signal: AbortSignal): Promise<Link | null> {
    if (this.#link || this.#stopping.signal.aborted) return this.#link
    const { promise, resolve } = Promise.withResolvers<Link | null>()
    this.#waiting.add(resolve)
    try {
      return await unlessAborted(promise, signal)
    } finally {
      this.#waiting.delete(resolve)
    }
  }

  async #keepConnected(): Promise<void> {
    const { signal } = this.#stopping
    let failures = 0
    for (const url of endlesslyShuffled(this.#options.urls)) {
      const failedRounds = Math.floor(failures / this.#options.urls.length)
      const livedMs = await this.#connectOnce(url, 2 ** Math.min(failedRounds, MOST_PATIENCE))
      if (signal.aborted) return
      failures = livedMs >= GOOD_AFTER_MS ? 1 : failures + 1
      const rounds = Math.ceil(failures / this.#options.urls.length)
      await sleepUnlessAborted(backoffDelayMs(rounds, RECONNECT), signal)
      if (signal.aborted) return
    }
  }

  /** One connection from try to loss. Returns how long it was established; 0 when it never was. */
  async #connectOnce(url: string, patience: number): Promise<number> {
    const { logger, name } = this.#options
    const details = { connection: name, address: withoutCredentials(url) }
    const link = await this.#openUnlessStopped(url, patience).catch((error: unknown) => {
      const event = 'broker.connect_failed'
      logger.warn({ event, ...details, error: errorText(error) }, 'could not connect to RabbitMQ')
      return null
    })
    if (!link) return 0
    const connectedAt = performance.now()
    logger.info(
      { event: 'broker.connected', ...details, serverVersion: link.serverVersion },
      'connected to RabbitMQ',
    )
    this.#use(link)
    const reason = await unlessAborted(link.lost, this.#stopping.signal)
    this.#link = null
    this.#become('disconnected')
    if (reason !== null) {
      logger.warn({ event: 'broker.connection_lost', ...details, reason }, 'lost the connection to RabbitMQ')
    }
    await link.close(CLOSE_DEADLINE_MS)
    return performance.now() - connectedAt
  }

  async #openUnlessStopped(url: string, patience: number): Promise<Link | null> {
    const {
      name,
      urls,
      heartbeatS = 10,
      connectTimeoutMs: shortestMs = connectTimeoutFor(urls),
    } = this.#options
    const connectTimeoutMs = shortestMs * patience
    const { signal } = this.#stopping
    const opening = openLink({ url, name, heartbeatS, connectTimeoutMs })
    const link = await unlessAborted(opening, signal)
    // A handshake that ends after `stop()` must not leave a connection behind.
    if (link === null) opening.then((late) => late.close(CLOSE_DEADLINE_MS)).catch(() => undefined)
    return link
  }

  #use(link: Link): void {
    this.#link = link
    link.onBlocked((isBlocked) => this.#block(link, isBlocked))
    this.#become('connected')
    this.#announce(link)
  }

  #announce(link: Link | null): void {
    for (const resolve of this.#waiting) resolve(link)
  }

  #block(link: Link, isBlocked: boolean): void {
    if (link !== this.#link) return
    const event = isBlocked ? 'broker.blocked' : 'broker.unblocked'
    const text = isBlocked
      ? 'RabbitMQ reads no publishes: short of memory or disk'
      : 'RabbitMQ reads publishes again'
    this.#options.logger.warn({ event, connection: this.#options.name }, text)
    this.#become(isBlocked ? 'blocked' : 'connected')
  }

  #become(state: ConnectionState): void {
    if (state === this.#state) return
    this.#state = state
    const { logger, name, onState } = this.#options
    try {
      onState?.(state)
    } catch (error) {
      // Whatever a listener does, connecting goes on.
      logger.error({ event: 'broker.listener_threw', connection: name, error: errorText(error) })
    }
  }
}

/** Every address once, in a random order, and then again in another: a cluster's clients spread over its nodes. */
function* endlesslyShuffled(urls: readonly string[]): Generator<string, never> {
  for (;;) {
    const round = urls.map((url) => ({ url, order: Math.random() })).toSorted((a, b) => a.order - b.order)
    for (const { url } of round) yield url
  }
}

function withoutCredentials(url: string): string {
  const { host, pathname } = new URL(url)
  return `${host}${pathname}`
}
