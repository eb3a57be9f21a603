import type { Channel } from 'amqplib'
import type { Logger } from 'pino'
import { backoffDelayMs } from '../runtime/backoff-delay-ms.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { errorText, replyCode } from './error-text.ts'
import type { Link } from './link.ts'
import type { ChannelLoss, OpenChannel } from './open-channel.ts'
import { sleepUnlessAborted } from './sleep-unless-aborted.ts'
import { unlessAborted } from './unless-aborted.ts'
import { withinDeadline } from './within-deadline.ts'

export interface KeptChannelOptions<C extends Channel> {
  readonly connection: BrokerConnection
  /** What the channel is for, in the log. */
  readonly role: string
  readonly logger: Logger
  readonly open: (link: Link) => Promise<OpenChannel<C>>
  /** Makes a fresh channel ready for its role. Rejecting throws the channel away and tries again after a delay. */
  readonly setUp: (fresh: OpenChannel<C>) => Promise<void>
  /** The channel that `setUp` had made ready is gone, with all that was on it. Called at once; must not throw. */
  readonly onLost: (gone: OpenChannel<C>) => void
  /** Called before the next try when the broker lacked an exchange or queue. A rejection is logged, no more. */
  readonly repair: () => Promise<void>
}

/** Full jitter under 100 ms, 200 ms … 10 s. Only for a channel lost on a living connection, which is our fault or an operator's. */
const REBUILD = { baseMs: 100, maxMs: 10_000 }
/** A channel that lasted this long was a good one: its loss is answered with the shortest delay. A guess. */
const GOOD_AFTER_MS = 5_000
/** Consuming from a queue that is electing a leader waits for the election, which takes seconds. */
const SET_UP_DEADLINE_MS = 10_000
const NOT_FOUND = 404

/**
 * Keeps one channel with one role open for as long as it runs.
 *
 * waiting: no connection. building: a channel is opened and set up. ready: in use. Whatever ends the channel leads
 * back to building, or to waiting when its connection went with it. retired: the present channel is the last one.
 *
 * A connection that is lost while building costs one deadline at most; there is no state without a next step.
 */
export class KeptChannel<C extends Channel> {
  readonly #options: KeptChannelOptions<C>
  readonly #stopping = new AbortController()
  readonly #retiring = new AbortController()
  #loop: Promise<void> | null = null
  #current: OpenChannel<C> | null = null

  constructor(options: KeptChannelOptions<C>) {
    this.#options = options
  }

  start(): void {
    this.#loop ??= this.#keepOpen()
  }

  /** Closes the channel, within seconds. Idempotent. */
  async stop(): Promise<void> {
    this.retire()
    this.#stopping.abort()
    await this.#loop
  }

  /** Leaves the present channel open until it is lost or stopped, and opens no other. */
  retire(): void {
    this.#retiring.abort()
  }

  /** The channel that is ready for its role, or null. */
  get current(): OpenChannel<C> | null {
    return this.#current
  }

  async #keepOpen(): Promise<void> {
    let failures = 0
    while (!this.#retiring.signal.aborted) {
      const link = await this.#options.connection.waitForLink(this.#retiring.signal)
      if (!link) return
      const builtAt = performance.now()
      const loss = await this.#useOneChannel(link)
      if (this.#retiring.signal.aborted) return
      failures = performance.now() - builtAt >= GOOD_AFTER_MS ? 1 : failures + 1
      await this.#recover(loss, failures)
    }
  }

  async #recover(loss: ChannelLoss, failures: number): Promise<void> {
    const { connection, logger, role, repair } = this.#options
    // A lost connection has been reported once already.
    if (connection.isConnected)
      logger.warn({ event: 'broker.channel_lost', role, ...loss }, 'lost a channel to RabbitMQ')
    if (loss.code === NOT_FOUND) {
      await unlessAborted(repair(), this.#retiring.signal).catch((error: unknown) => {
        logger.error(
          { event: 'broker.repair_failed', role, error: errorText(error) },
          'could not repair the topology',
        )
      })
    }
    await sleepUnlessAborted(backoffDelayMs(failures, REBUILD), this.#retiring.signal)
  }

  /** From opening to loss; says how it ended. */
  async #useOneChannel(link: Link): Promise<ChannelLoss> {
    const building = this.#build(link)
    const fresh = await unlessAborted(building, this.#stopping.signal)
    if (fresh === null) {
      // Stopping does not wait for a broker that is slow to answer; what it still opens is closed.
      void building.then((late) => ('channel' in late ? late.close('stopped') : undefined))
      return { code: null, reason: 'stopped' }
    }
    if ('reason' in fresh) return fresh
    this.#current = fresh
    const gone = Promise.race([fresh.lost, link.lost.then((reason) => ({ code: null, reason }))])
    const loss = await unlessAborted(gone, this.#stopping.signal)
    this.#current = null
    this.#options.onLost(fresh)
    await fresh.close('stopped')
    return loss ?? { code: null, reason: 'stopped' }
  }

  async #build(link: Link): Promise<OpenChannel<C> | ChannelLoss> {
    const { open, setUp, role } = this.#options
    let fresh: OpenChannel<C> | null = null
    try {
      fresh = await open(link)
      await withinDeadline(setUp(fresh), { ms: SET_UP_DEADLINE_MS, what: `set up the channel for ${role}` })
      return fresh
    } catch (error) {
      void fresh?.close('could not be set up')
      return { code: replyCode(error), reason: errorText(error) }
    }
  }
}
