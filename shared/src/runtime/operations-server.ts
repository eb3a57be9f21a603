import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import type { Events } from './events/create-events.ts'
import { boundConnections } from './bound-connections.ts'
import { askReadiness, type Readiness } from './readiness.ts'

export interface OperationsServerOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly registry: Registry
  readonly events: Events
  isReady(): Readiness | Promise<Readiness>
}

/** METRICS_HOST and METRICS_PORT name a place that cannot be listened on. */
export class OperationsPortError extends Error {
  readonly code = 'OPERATIONS_PORT_UNUSABLE'
}

/** Probes are asked every few seconds as a rule and give up after one to five; an answer later than this is for nobody. */
const READINESS_LIMIT_MS = 2000

/** Far above what a scrape needs, and low enough that idle or dripping clients hold nothing for long. */
const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  /** n.b. The two timeouts above are looked at so often; by default that is every half a minute. */
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8_192,
}
/** Probes and scrapers hold a handful. */
const MAX_CONNECTIONS = 100
const REFUSAL =
  'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'

/**
 * `/livez`, `/readyz` and `/metrics` for probes and Prometheus, on a port that is not the public one and asks for no
 * key. Alive means that the process answers; ready, that it can do its work.
 */
export class OperationsServer {
  readonly #options: OperationsServerOptions
  #listening: Promise<Server> | null = null

  constructor(options: OperationsServerOptions) {
    this.#options = options
  }

  /** Resolves with the real port. Throws OperationsPortError when the place is taken or not this machine's. */
  async start(): Promise<number> {
    this.#listening ??= this.#listen()
    try {
      return portOf(await this.#listening)
    } catch (error) {
      this.#listening = null
      throw error
    }
  }

  /** Ends every connection, those in use too: a scrape that is cut off is made again. */
  async stop(): Promise<void> {
    // A start that is under way is waited for, or its port would stay open; one that failed has nothing to close.
    const server = await this.#listening?.catch(() => null)
    this.#listening = null
    if (server === null || server === undefined) return
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }

  async #listen(): Promise<Server> {
    const { host, port, events } = this.#options
    const server = createServer(LIMITS)
    const bound = boundConnections(server, { max: MAX_CONNECTIONS, refusal: () => REFUSAL })
    server.on('request', (request, response) => {
      if (bound.isRefused(request.socket)) return void request.socket.destroy()
      bound.track(request.socket, response)
      void this.#answer(request, response)
    })
    await listen(server, host, port)
    events.emit('operations.listening', { host, port: portOf(server) })
    return server
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response)
    } catch (error) {
      // Only a metric that cannot be written gets here.
      send(response, { status: 500, type: 'text/plain', body: `${String(error)}\n` })
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    switch (isRead ? request.url?.split('?', 1)[0] : undefined) {
      case '/livez':
        return send(response, { status: 200, type: 'text/plain', body: 'ok\n' })
      case '/readyz': {
        const readiness = await askReadiness(() => this.#options.isReady(), READINESS_LIMIT_MS)
        const body = `${JSON.stringify(readiness)}\n`
        return send(response, { status: readiness.ready ? 200 : 503, type: 'application/json', body })
      }
      case '/metrics': {
        const { registry } = this.#options
        return send(response, { status: 200, type: registry.contentType, body: await registry.metrics() })
      }
      default:
        return send(response, {
          status: 404,
          type: 'text/plain',
          body: 'There are /livez, /readyz and /metrics.\n',
        })
    }
  }
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(explainPort(error, host, port)))
    server.listen({ host, port }, () => resolve())
  })
}

function explainPort(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const reason = error.code === 'EADDRINUSE' ? 'another process listens there' : error.message
  return new OperationsPortError(
    `Cannot listen on ${host} port ${port} (METRICS_HOST, METRICS_PORT): ${reason}. Set METRICS_PORT to a free port, or to 0 for any.`,
    { cause: error },
  )
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
