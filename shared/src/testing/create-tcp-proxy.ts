import { createServer, connect } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { onCleanup } from './test-cleanup.ts'

export type ProxyDirection = 'toClient' | 'toTarget'

/** A path to an engine on which faults can be made that the engine does not make on demand. */
export interface TcpProxy {
  readonly host: '127.0.0.1'
  readonly port: number
  /** Open pairs of connections. */
  readonly connections: number
  /** The same address with this proxy in place of the engine. */
  through(url: string): string
  /** Closes every connection and refuses new ones, as a stopped engine does. */
  cut(): void
  /** Resets every connection (RST) and takes new ones. */
  reset(): void
  /** Swallows everything in both directions, on old and new connections, as an unplugged cable does. */
  blackhole(): void
  /** Every piece of data arrives this much later from now on. */
  delay(delayMs: number): void
  /** Closes every connection in the moment that these bytes pass; they are still delivered unless `isDelivered` is false. Once. */
  closeAfter(
    pattern: Buffer | string,
    options?: { readonly direction?: ProxyDirection; readonly isDelivered?: boolean },
  ): Promise<void>
  /** Undoes cut, blackhole, delay and what waits for bytes to pass. What a blackhole swallowed is gone, so its connections are reset. */
  restore(): void
  stop(): Promise<void>
}

interface Pair {
  readonly client: Socket
  readonly target: Socket
  /** What waits for its delay to be over, each way. */
  readonly late: Readonly<Record<ProxyDirection, LateData[]>>
}

interface LateData {
  readonly data: Buffer
  readonly dueAtMs: number
}

interface Trap {
  readonly pattern: Buffer
  readonly direction: ProxyDirection
  readonly isDelivered: boolean
  readonly sprung: () => void
}

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
  #mode: 'cut' | 'open' | 'swallow' = 'open'
  #delayMs = 0
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
    return this.#pairs.size
  }

  through(url: string): string {
    const changed = new URL(url)
    changed.host = `${this.host}:${this.port}`
    return changed.href
  }

  cut(): void {
    this.#mode = 'cut'
    this.#closeAll()
  }

  reset(): void {
    for (const { client, target } of this.#pairs) {
      client.resetAndDestroy()
      target.destroy()
    }
  }

  blackhole(): void {
    this.#mode = 'swallow'
  }

  delay(delayMs: number): void {
    this.#delayMs = delayMs
  }

  closeAfter(
    pattern: Buffer | string,
    {
      direction = 'toTarget',
      isDelivered = true,
    }: { readonly direction?: ProxyDirection; readonly isDelivered?: boolean } = {},
  ): Promise<void> {
    return new Promise((sprung) => {
      this.#trap = { pattern: Buffer.from(pattern), direction, isDelivered, sprung }
    })
  }

  restore(): void {
    if (this.#mode === 'swallow') this.reset()
    this.#mode = 'open'
    this.#delayMs = 0
    this.#trap = null
  }

  async stop(): Promise<void> {
    this.#closeAll()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #accept(client: Socket): void {
    // The listening socket stays, so that the port stays ours; a cut path closes what it accepts.
    if (this.#mode === 'cut') {
      client.resetAndDestroy()
      return
    }
    const target = connect(this.#target)
    const pair = { client, target, late: { toClient: [], toTarget: [] } }
    this.#pairs.add(pair)
    const close = (): void => {
      this.#pairs.delete(pair)
      client.destroy()
      target.destroy()
    }
    for (const socket of [client, target]) socket.setNoDelay(true).on('error', close).on('close', close)
    client.on('data', (data) => this.#pass(data, { pair, direction: 'toTarget' }))
    target.on('data', (data) => this.#pass(data, { pair, direction: 'toClient' }))
  }

  #pass(
    data: Buffer,
    { pair, direction }: { readonly pair: Pair; readonly direction: ProxyDirection },
  ): void {
    if (this.#mode === 'swallow') return
    const to = direction === 'toTarget' ? pair.target : pair.client
    const trap = this.#trap
    if (trap !== null && trap.direction === direction && data.includes(trap.pattern)) {
      this.#trap = null
      if (trap.isDelivered && pair.late[direction].length === 0) to.write(data, () => this.#closeAll())
      else this.#closeAll()
      trap.sprung()
      return
    }
    pair.late[direction].push({ data, dueAtMs: performance.now() + this.#delayMs })
    if (pair.late[direction].length === 1) this.#passLate(pair, direction)
  }

  /** In order, whatever becomes of the delay meanwhile: a byte that overtakes another would be a fault of the proxy's. */
  #passLate(pair: Pair, direction: ProxyDirection): void {
    const to = direction === 'toTarget' ? pair.target : pair.client
    const line = pair.late[direction]
    for (let next = line[0]; next !== undefined; next = line[0]) {
      const waitMs = Math.min(next.dueAtMs - performance.now(), this.#delayMs)
      if (waitMs > 0) {
        setTimeout(() => this.#passLate(pair, direction), waitMs).unref()
        return
      }
      line.shift()
      if (to.writable) to.write(next.data)
    }
  }

  #closeAll(): void {
    for (const { client, target } of this.#pairs) {
      client.destroy()
      target.destroy()
    }
  }
}
