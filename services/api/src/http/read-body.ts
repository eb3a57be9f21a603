import type { IncomingMessage } from 'node:http'
import { ProblemError } from '../problem-error.ts'

const MEDIA_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i
/** A body that is refused is still read up to here, so that the client gets to the answer; beyond, the line is cut. */
const MAX_DISCARDED = 64 * 1_048_576
const DISCARD_FOR_MS = 5_000

/** Whether the request has a body at all. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/**
 * The bytes of a JSON body. Refuses by the headers where that is possible, else as soon as the limit is passed, so that
 * never more than the limit is held. Throws UNSUPPORTED_MEDIA_TYPE, UNSUPPORTED_CONTENT_ENCODING, BODY_TOO_LARGE.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const refusal = refuseByHeaders(request, maxBytes)
  if (refusal !== null) {
    await discard(request)
    throw refusal
  }
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let size = 0
  const take = (chunk: Buffer): void => {
    size += chunk.length
    if (size <= maxBytes) return void chunks.push(chunk)
    request.off('data', take)
    void discard(request).then(() => reject(tooLarge(maxBytes)))
  }
  request.on('data', take)
  request.once(
    'end',
    () => size <= maxBytes && resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
  )
  request.once('error', reject)
  request.once('close', () => request.complete || reject(interrupted()))
  return await promise
}

function refuseByHeaders({ headers }: IncomingMessage, maxBytes: number): ProblemError | null {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding !== 'identity') {
    const detail = `Bodies are taken uncompressed; the Content-Encoding is "${encoding.slice(0, 50)}".`
    return new ProblemError('UNSUPPORTED_CONTENT_ENCODING', { detail })
  }
  const type = headers['content-type']
  if (type === undefined || !MEDIA_TYPE.test(type.trim())) {
    const got = type === undefined ? 'is missing' : `is "${type.slice(0, 100)}"`
    return new ProblemError('UNSUPPORTED_MEDIA_TYPE', {
      detail: `The Content-Type ${got}; expected application/json in UTF-8.`,
    })
  }
  return Number(headers['content-length'] ?? 0) > maxBytes ? tooLarge(maxBytes) : null
}

function tooLarge(maxBytes: number): ProblemError {
  // The rest of the body may not have been read, so that nothing can follow on this connection.
  const headers = { connection: 'close' }
  return new ProblemError('BODY_TOO_LARGE', { detail: `The body has more than ${maxBytes} bytes.`, headers })
}

function interrupted(): ProblemError {
  return new ProblemError('MALFORMED_REQUEST', {
    detail: 'The connection ended before the body was complete.',
  })
}

/** Reads on and forgets. n.b. Answering while a client still sends resets its connection, and the answer with it. */
export async function discard(request: IncomingMessage): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, DISCARD_FOR_MS)
  let size = 0
  const count = (chunk: Buffer): void => {
    size += chunk.length
    if (size > MAX_DISCARDED) resolve()
  }
  request.on('data', count).once('end', resolve).once('close', resolve)
  if (request.complete && request.readableLength === 0) resolve()
  request.resume()
  await promise
  clearTimeout(timer)
  request.off('data', count)
}
