import { createServer, connect, Socket } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { ProxyLine, WHOLE, type LineCondition, type ProxyDirection } from './proxy-line.ts'
import { onCleanup } from './test-cleanup.ts'

export interface SlowOptions {
  /** Both, unless named. */
  readonly direction?: ProxyDirection
  /** Each piece is later by up to as much again. */
  readonly jitterMs?: number
}

export interface CutOptions {
  readonly direction?: ProxyDirection
  /** False keeps the bytes themselves back. */
  readonly isDelivered?: boolean
  /** Waits, after the bytes were delivered, for the first bytes the other way, and keeps these back. */
  readonly isAnswered?: boolean
  /** The target is not told: its ends stay open and silent, as those of a client that lost its power at that moment. */
  readonly isSilent?: boolean
}

/**
 * A path to an engine on which faults can be made that the engine does not make on demand. They add up, and `restore`
 * undoes all of them. While nothing is wrong it passes on what comes in the turn in which it comes.
 */
export interface TcpProxy {
  readonly host: '127.0.0.1'
  readonly port: number
  /** Connections that clients hold open. */
  readonly connections: number
  /** The same address with this proxy in place of the engine. */
  through(url: string): string
  /** Closes every connection and refuses new ones, as a stopped engine does. */
  cut(): void
  /** Resets every connection (RST) and takes new ones. */
  reset(): void
  /**
   * Swallows everything one way or both, on old and new connections, as an unplugged cable does: also the end of a
   * connection, so that the engine still holds what a client has long given up.
   */
  blackhole(direction?: ProxyDirection): void
  /** Every piece of data arrives this much later from now on. */
  delay(delayMs: number, options?: SlowOptions): void
  /** Lets no more than so much through, each way and on each connection. Who sends more is made to wait. */
  throttle(bytesPerSecond: number): void
  /** Delivers in pieces of so many bytes, which cuts every frame and message in two or more. */
  split(pieceBytes: number): void
  /**
   * Ends every present connection at one of its ends only; at the other it stays open and silent, as when a machine
   * lost its power. New connections are sound.
   */
  abandon(end: 'client' | 'target'): void
  /** Closes every connection in the moment that these bytes pass. Once. */
  closeAfter(pattern: Buffer | string, options?: CutOptions): Promise<void>
  /** Resets a connection after exactly so many more bytes have passed one way, mostly in the middle of a frame. Once. */
  resetAfter(bytes: number, direction: ProxyDirection): Promise<void>
  /** Undoes everything, also what waits for bytes to pass. Connections that lost bytes are reset. */
  restore(): void
  stop(): Promise<void>
}

interface Pair {
  readonly client: Socket
  readonly target: Socket
  /** Lost bytes or one of its ends: only a reset makes an end of it. */
  isBroken: boolean
}

interface Passing {
  readonly pair: Pair
  readonly direction: ProxyDirection
  readonly data: Buffer
  /** The data, and before it the end of what was delivered. */
  readonly seen: Buffer
}

/** Answers true when the data is taken care of. */
type Trap = (passing: Passing) => boolean

const BOTH: readonly ProxyDirection[] = ['toClient', 'toTarget']

/** Starts a proxy on a free port of 127.0.0.1. Stopped when the test file has ended. */
export async function createTcpProxy(target: {
  readonly host: string
  readonly port: number
}): Promise<TcpProxy> {
  const proxy = new FaultyPath(target)
  await proxy.start()
  onCleanup(() => proxy.stop())
  return proxy
}

class FaultyPath implements TcpProxy {
  readonly host = '127.0.0.1'
  readonly #target: { readonly host: string; readonly port: number }
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  #isCut = false
  readonly #conditions: Record<ProxyDirection, LineCondition> = {
    toClient: { ...WHOLE },
    toTarget: { ...WHOLE },
  }
  #trap: Trap | null = null

  constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target
    this.#server = createServer((client) => this.#accept(client))
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, this.host, resolve))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get connections(): number {
    return [...this.#pairs].filter(({ client }) => !client.destroyed).length
  }

  through(url: string): string {
    const changed = new URL(url)
    changed.host = `${this.host}:${this.port}`
    return changed.href
  }

  cut(): void {
    this.#isCut = true
    this.#closeAll()
  }

  reset(): void {
    for (const pair of this.#pairs) resetPair(pair)
  }

  blackhole(direction?: ProxyDirection): void {
    this.#change({ isSwallowing: true }, direction)
    for (const pair of this.#pairs) pair.isBroken = true
  }

  delay(delayMs: number, { direction, jitterMs = 0 }: SlowOptions = {}): void {
    this.#change({ delayMs, jitterMs }, direction)
  }

  throttle(bytesPerSecond: number): void {
    this.#change({ bytesPerSecond })
  }

  split(pieceBytes: number): void {
    this.#change({ pieceBytes })
  }

  abandon(end: 'client' | 'target'): void {
    for (const pair of this.#pairs) {
      pair.isBroken = true
      pair[end].resetAndDestroy()
    }
  }

  closeAfter(pattern: Buffer | string, options: CutOptions = {}): Promise<void> {
    const { direction = 'toTarget', isDelivered = true, isAnswered = false, isSilent = false } = options
    const end = isSilent ? (): void => this.abandon('client') : (): void => this.#closeAll()
    const bytes = Buffer.from(pattern)
    return new Promise((sprung) => {
      const spring = (): void => {
        this.#trap = null
        end()
        sprung()
      }
      this.#trap = (passing) => {
        if (passing.direction !== direction || !passes(bytes, passing)) return false
        if (isAnswered) return this.#keepAnswerBack(passing, spring)
        this.#trap = null
        if (isDelivered) receiver(passing).write(passing.data, spring)
        else spring()
        return true
      }
    })
  }

  resetAfter(bytes: number, direction: ProxyDirection): Promise<void> {
    let left = bytes
    return new Promise((sprung) => {
      this.#trap = (passing) => {
        if (passing.direction !== direction) return false
        left -= passing.data.length
        if (left > 0) return false
        this.#trap = null
        const part = passing.data.subarray(0, passing.data.length + left)
        receiver(passing).write(part, () => resetPair(passing.pair))
        sprung()
        return true
      }
    })
  }

  restore(): void {
    for (const pair of this.#pairs) if (pair.isBroken) resetPair(pair)
    this.#isCut = false
    this.#change(WHOLE)
    this.#trap = null
  }

  async stop(): Promise<void> {
    this.#closeAll()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #change(change: Partial<LineCondition>, direction?: ProxyDirection): void {
    for (const one of direction === undefined ? BOTH : [direction])
      Object.assign(this.#conditions[one], change)
  }

  get #isUnplugged(): boolean {
    return BOTH.every((direction) => this.#conditions[direction].isSwallowing)
  }

  get #isSwallowing(): boolean {
    return BOTH.some((direction) => this.#conditions[direction].isSwallowing)
  }

  #accept(client: Socket): void {
    // The listening socket stays, so that the port stays ours; a cut path closes what it accepts.
    if (this.#isCut) {
      client.resetAndDestroy()
      return
    }
    // What is not plugged in reaches no target, which would hold a place for somebody who never speaks.
    const target = this.#isUnplugged ? new Socket() : connect(this.#target)
    const pair: Pair = { client, target, isBroken: this.#isSwallowing }
    this.#pairs.add(pair)
    for (const socket of [client, target])
      socket
        .setNoDelay(true)
        .on('error', () => undefined)
        .on('close', () => this.#forget(pair))
    this.#join(pair, 'toTarget')
    this.#join(pair, 'toClient')
  }

  #join(pair: Pair, direction: ProxyDirection): void {
    const [from, to] = direction === 'toTarget' ? [pair.client, pair.target] : [pair.target, pair.client]
    const line = new ProxyLine({
      from,
      to,
      condition: () => ({
        ...this.#conditions[direction],
        ...((from.destroyed || to.destroyed) && pair.isBroken && { isSwallowing: true }),
      }),
      inspect: (data, seen) => this.#trap?.({ pair, direction, data, seen }) ?? false,
    })
    from.on('close', () => {
      if (!pair.isBroken) void line.emptied().then(() => pair.isBroken || to.destroySoon())
    })
  }

  #forget(pair: Pair): void {
    const isOver = pair.client.destroyed && (pair.target.destroyed || this.#isNeverConnected(pair))
    if (isOver) this.#pairs.delete(pair)
  }

  #isNeverConnected({ target }: Pair): boolean {
    return !target.connecting && target.pending
  }

  /** The bytes are delivered; the next ones that come back on the same connection are not, and all ends with them. */
  #keepAnswerBack({ pair, ...asked }: Passing, spring: () => void): false {
    this.#trap = (passing) => {
      if (passing.pair !== pair || passing.direction === asked.direction) return false
      spring()
      return true
    }
    return false
  }

  #closeAll(): void {
    for (const { client, target } of this.#pairs) {
      client.destroy()
      target.destroy()
    }
  }
}

function passes(pattern: Buffer, { data, seen }: Passing): boolean {
  // Only what ends in these bytes: an earlier pattern has passed before.
  return seen.subarray(-(data.length + pattern.length - 1)).includes(pattern)
}

function receiver({ pair, direction }: Passing): Socket {
  return direction === 'toTarget' ? pair.target : pair.client
}

function resetPair({ client, target }: Pair): void {
  client.resetAndDestroy()
  target.resetAndDestroy()
}
