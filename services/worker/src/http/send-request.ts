import {
  Agent as HttpAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import { hostOf, portOf } from './judge-url.ts'

export interface OutgoingRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | null
  readonly lookup: LookupFunction
  /** Ends the request wherever it is. */
  readonly signal: AbortSignal
  /** No more than this of the answer's body is kept, and little more is read. */
  readonly maxBodyBytes: number
}

export interface ReceivedAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly isTruncated: boolean
}

/** Node's default, stated because what a stranger may make us keep is to be seen here. */
const MAX_HEADER_BYTES = 16_384

/**
 * A connection for each request, closed with it: an address that was checked once is not used for longer than that, and
 * no answer can be mistaken for the one of the next request. Proxies of the environment are not asked.
 */
const AGENTS = {
  http: new HttpAgent({ keepAlive: false }),
  https: new HttpsAgent({ keepAlive: false, maxCachedSessions: 0 }),
}

/**
 * Sends once, and follows no redirect. Resolves with any whole answer, or with the beginning of one that is too long;
 * rejects when there was none, with the connection's error, or with an AbortError. Nothing is left open afterwards.
 */
export async function sendRequest(outgoing: OutgoingRequest): Promise<ReceivedAnswer> {
  const answered = Promise.withResolvers<IncomingMessage>()
  const request = startRequest(outgoing)
  // Stays for what comes after the answer, too: an error without a listener would end the process.
  request.on('error', answered.reject)
  request.once('response', answered.resolve)
  request.once('upgrade', (_, socket: Socket) => {
    socket.destroy()
    answered.reject(brokenOff('the receiver changed to another protocol, which nobody asked for'))
  })
  // n.b. Not every end of a connection is an error to Node: without this, such a request would wait for ever.
  request.once('close', () => answered.reject(brokenOff('the connection ended before the answer')))
  request.end(outgoing.body ?? undefined)
  try {
    const answer = await answered.promise
    return {
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      ...(await readBounded(answer, outgoing.maxBodyBytes)),
    }
  } finally {
    request.destroy()
  }
}

function startRequest({ url, method, headers, body, lookup, signal }: OutgoingRequest) {
  const isSecure = url.protocol === 'https:'
  const host = hostOf(url)
  return (isSecure ? requestHttps : requestHttp)({
    protocol: url.protocol,
    hostname: host,
    // Without the root's dot, which certificates do not have. An address has no name to be told.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    port: portOf(url),
    path: `${url.pathname}${url.search}`,
    method,
    headers: { ...headers, host: url.host, ...(body === null ? {} : { 'content-length': body.byteLength }) },
    agent: isSecure ? AGENTS.https : AGENTS.http,
    lookup,
    signal,
    maxHeaderSize: MAX_HEADER_BYTES,
  })
}

function brokenOff(reason: string): Error {
  return Object.assign(new Error(reason), { code: 'ECONNRESET' })
}

/** n.b. Leaving the loop destroys the answer, and with it the connection: an endless body is not read to its end. */
async function readBounded(
  answer: IncomingMessage,
  maxBytes: number,
): Promise<Pick<ReceivedAnswer, 'body' | 'isTruncated'>> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.byteLength
    if (bytes > maxBytes) break
  }
  return { body: Buffer.concat(chunks).subarray(0, maxBytes), isTruncated: bytes > maxBytes }
}
