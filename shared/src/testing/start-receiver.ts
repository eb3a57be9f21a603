import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onCleanup } from './test-cleanup.ts'

export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Answers the request; the second one counts from 1. */
type Answer = (response: ServerResponse, request: ReceivedRequest, count: number) => void

export interface Receiver {
  readonly port: number
  readonly url: string
  /** What has arrived, in order. */
  readonly requests: readonly ReceivedRequest[]
  /** Answers differently from now on. */
  answerBy(answer: Answer): void
  /** Refuses connections from now on. */
  close(): Promise<void>
}

interface ReceiverPlan {
  readonly answer?: Answer
  /** Any free one unless named. */
  readonly port?: number
  readonly tls?: { readonly key: string; readonly cert: string }
}

/** A server as customers run them, on the loopback interface; 204 for everything unless told otherwise. */
export async function startReceiver({
  answer = (response) => response.writeHead(204).end(),
  port = 0,
  tls,
}: ReceiverPlan = {}): Promise<Receiver> {
  const requests: ReceivedRequest[] = []
  let answerBy = answer
  const server = tls === undefined ? createServer() : createSecureServer(tls)
  server.on('request', (request, response) => {
    // A request that breaks off is not one that arrived.
    request.on('error', () => {})
    void text(request).then((body) => {
      const { method = '', url: path = '', headers } = request
      const received = { method, path, headers, body }
      requests.push(received)
      answerBy(response, received, requests.length)
    }, ignoreBrokenRequest)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  onCleanup(close)
  const taken = (server.address() as AddressInfo).port
  return {
    port: taken,
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${taken}`,
    requests,
    answerBy: (next) => {
      answerBy = next
    },
    close,
  }
}

function ignoreBrokenRequest(): void {}
