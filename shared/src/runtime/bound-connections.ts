import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface ConnectionBoundOptions {
  readonly max: number
  /** Told for each connection that is ended for the bound: an idle one, or a new one because none was idle. */
  readonly onCut?: (reason: 'idle' | 'refused') => void
  /** The whole answer to one that is refused, as bytes. */
  readonly refusal: () => string
}

export interface ConnectionBound {
  readonly counts: () => { readonly busy: number; readonly idle: number }
  /** True for a connection that was refused: what still arrives on it must not be carried out, as it has its answer. */
  readonly isRefused: (socket: Socket) => boolean
  /** To be called for each request. */
  readonly track: (socket: Socket, response: ServerResponse) => void
}

/** So that the answer gets to the client before its connection is cut. */
const REFUSED_FOR_MS = 1_000

/**
 * Bounds the connections of an HTTP server. n.b. Node's own `maxConnections` drops new ones without a word, so that whoever
 * holds many idle ones keeps everybody else out. Here the connection that has been without a request for longest makes room:
 * one that says nothing, drips its headers, or is kept alive for later. Only when all are busy is a new one refused.
 */
export function boundConnections(server: Server, options: ConnectionBoundOptions): ConnectionBound {
  const busy = new Map<Socket, number>()
  /** The longest idle first. */
  const idle = new Set<Socket>()
  const refused = new WeakSet<Socket>()

  server.on('connection', (socket: Socket) => {
    if (busy.size + idle.size >= options.max && !makeRoom()) return refuse(socket)
    idle.add(socket)
    socket.once('close', () => {
      idle.delete(socket)
      busy.delete(socket)
    })
  })

  function makeRoom(): boolean {
    const [longest] = idle
    if (longest === undefined) return false
    // Its close event comes later, and must not find it counted until then.
    idle.delete(longest)
    longest.destroy()
    options.onCut?.('idle')
    return true
  }

  function refuse(socket: Socket): void {
    refused.add(socket)
    options.onCut?.('refused')
    // n.b. A client that has gone already would be an error without a listener.
    socket.on('error', () => undefined)
    socket.end(options.refusal())
    setTimeout(() => socket.destroy(), REFUSED_FOR_MS).unref()
  }

  function track(socket: Socket, response: ServerResponse): void {
    idle.delete(socket)
    busy.set(socket, (busy.get(socket) ?? 0) + 1)
    response.once('close', () => {
      const left = (busy.get(socket) ?? 1) - 1
      if (left > 0) return void busy.set(socket, left)
      // Closed or evicted meanwhile: then it is in neither.
      if (busy.delete(socket) && !socket.destroyed) idle.add(socket)
    })
  }

  return {
    counts: () => ({ busy: busy.size, idle: idle.size }),
    isRefused: (socket) => refused.has(socket),
    track,
  }
}
