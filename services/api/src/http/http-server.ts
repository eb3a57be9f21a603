import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { boundConnections, type ConnectionBound } from '@redrive/shared/runtime'
import { ProblemError } from '../problem-error.ts'
import { answerClientError } from './answer-client-error.ts'
import { toClientAnswer } from './to-client-answer.ts'

/** HOST and PORT name a place that cannot be listened on. */
export class HttpPortError extends Error {
  override readonly name = 'HttpPortError'
  readonly code = 'HTTP_PORT_UNUSABLE'
}

const LIMITS = {
  headersTimeout: 10_000,
  /** A bulk submission of 16 MiB over 2.5 Mbit/s. */
  requestTimeout: 60_000,
  /** Longer than the 60 s of usual proxies, so that they are the ones to close and never send into a closed connection. */
  keepAliveTimeout: 65_000,
  /** How often the two timeouts above are looked at. */
  connectionsCheckingInterval: 2_000,
  /** Node would answer without a word; the application does it as a problem. */
  requireHostHeader: false,
}

const TOO_MANY = new ProblemError('SERVER_BUSY', {
  detail: 'As many connections are in use as there may be.',
  headers: { 'retry-after': '2' },
})
const NO_PROXY = new Error('CONNECT asks for a proxy')

export interface HttpServerOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly listener: RequestListener
  readonly maxConnections: number
  /** Told for each connection that was ended to stay within the bound. */
  readonly onCut: (reason: 'idle' | 'refused') => void
}

/**
 * The public HTTP server. Stopping it answers what has begun and closes every other connection: Node's own close leaves
 * those open that never sent a request, and waits for clients that keep theirs alive.
 */
export class HttpServer {
  readonly #options: HttpServerOptions
  readonly #server: Server
  readonly #sockets = new Map<Socket, number>()
  readonly #bound: ConnectionBound
  readonly #answering = new Set<ServerResponse>()
  #isClosing = false
  #isStopping = false

  constructor(options: HttpServerOptions) {
    this.#options = options
    const serve: RequestListener = (request, response) => {
      if (this.#bound.isRefused(request.socket)) return void request.socket.destroy()
      this.#track(request.socket, response)
      options.listener(request, response)
    }
    this.#server = createServer(LIMITS, serve)
    const { maxConnections: max, onCut } = options
    this.#bound = boundConnections(this.#server, { max, onCut, refusal: () => toClientAnswer(TOO_MANY) })
    // An expectation that is not known may be ignored; Node would refuse it without a word.
    this.#server.on('checkExpectation', serve)
    this.#server.on('connect', (_request, socket) => answerClientError(NO_PROXY, socket))
    this.#server.on('connection', (socket) => {
      this.#sockets.set(socket, 0)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    this.#server.on('clientError', answerClientError)
  }

  /** The connections that clients hold. */
  connections(): ReturnType<ConnectionBound['counts']> {
    return this.#bound.counts()
  }

  /** Resolves with the real port. Throws HttpPortError when the place is taken or not this machine's. */
  async start(): Promise<number> {
    const { host, port } = this.#options
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', reject)
    this.#server.listen({ host, port, backlog: 1_024 }, resolve)
    await promise.catch((error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'another process listens there' : error.message
      const advice = 'Set PORT to a free port, or to 0 for any.'
      throw new HttpPortError(`Cannot listen on ${host} port ${port} (HOST, PORT): ${reason}. ${advice}`, {
        cause: error,
      })
    })
    return (this.#server.address() as AddressInfo).port
  }

  /** Goes on as before, except that every answer from now on says `Connection: close`. Idempotent. */
  closeAfterAnswers(): void {
    this.#isClosing = true
    for (const response of this.#answering) endConnectionAfter(response)
  }

  /** Takes nothing new, lets what has begun be answered until the deadline, then cuts the rest. Idempotent. */
  async stop(deadlineMs: number): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    const { promise: closed, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve())
    this.closeAfterAnswers()
    for (const [socket, requests] of this.#sockets) if (requests === 0) socket.destroy()
    const timer = setTimeout(() => this.#cutAll(), deadlineMs)
    await closed
    clearTimeout(timer)
  }

  #track(socket: Socket, response: ServerResponse): void {
    if (this.#isClosing) endConnectionAfter(response)
    this.#bound.track(socket, response)
    this.#sockets.set(socket, (this.#sockets.get(socket) ?? 0) + 1)
    this.#answering.add(response)
    response.once('close', () => {
      this.#answering.delete(response)
      const left = (this.#sockets.get(socket) ?? 1) - 1
      if (this.#sockets.has(socket)) this.#sockets.set(socket, left)
      if (this.#isStopping && left === 0) socket.destroySoon()
    })
  }

  #cutAll(): void {
    for (const socket of this.#sockets.keys()) socket.destroy()
  }
}

function endConnectionAfter(response: ServerResponse): void {
  if (!response.headersSent) response.shouldKeepAlive = false
}
