import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ServiceAddresses } from '@redrive/shared/testing'

/** An api that may be there or not. */
export interface Backend {
  /** Null while it is not. */
  readonly addresses: ServiceAddresses | null
}

const LOOK_EVERY_MS = 100
/** Generous: on a busy machine a slow answer says nothing about whether the api takes requests. */
const LOOK_WITHIN_MS = 10_000

/**
 * Hands requests to the apis whose `/readyz` says yes, in turn. It repeats nothing: what fails on its way fails for the
 * client, who then does not know what became of it. Without a ready api it answers 502.
 */
export class Balancer {
  readonly #backends: () => readonly Backend[]
  readonly #server: Server
  readonly #ready = new Set<Backend>()
  /** One look at a time: an early yes must not come in after a later no. */
  readonly #beingAsked = new Set<Backend>()
  #looking: NodeJS.Timeout | null = null
  #turn = 0

  constructor(backends: () => readonly Backend[]) {
    this.#backends = backends
    this.#server = createServer((incoming, outgoing) => this.#pass(incoming, outgoing))
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.#looking = setInterval(
      () => void Promise.all(this.#backends().map((backend) => this.#look(backend))),
      LOOK_EVERY_MS,
    )
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    if (this.#looking !== null) clearInterval(this.#looking)
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  /** Whether requests go to this one, by its last look. */
  isReady(backend: Backend): boolean {
    return this.#ready.has(backend)
  }

  async #look(backend: Backend): Promise<void> {
    if (this.#beingAsked.has(backend)) return
    this.#beingAsked.add(backend)
    const isReadyNow = await isReady(backend.addresses?.operationsUrl)
    this.#beingAsked.delete(backend)
    if (isReadyNow) this.#ready.add(backend)
    else this.#ready.delete(backend)
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const ready = this.#backends().filter((backend) => this.#ready.has(backend))
    const url = ready[this.#turn++ % Math.max(1, ready.length)]?.addresses?.apiUrl
    if (url === undefined || url === null) {
      outgoing.writeHead(502).end()
      return
    }
    const passed = request(`${url}${incoming.url}`, { method: incoming.method, headers: incoming.headers })
    passed.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
      answer.on('error', () => outgoing.destroy())
    })
    passed.on('error', () => outgoing.destroy())
    outgoing.on('close', () => passed.destroy())
    incoming.pipe(passed)
  }
}

async function isReady(operationsUrl: string | undefined): Promise<boolean> {
  if (operationsUrl === undefined) return false
  try {
    const answer = await fetch(`${operationsUrl}/readyz`, { signal: AbortSignal.timeout(LOOK_WITHIN_MS) })
    await answer.body?.cancel()
    return answer.ok
  } catch {
    return false
  }
}
