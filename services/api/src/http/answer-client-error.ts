import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { ProblemError } from '../problem-error.ts'
import type { ProblemCode } from '../problems.ts'
import { toClientAnswer } from './to-client-answer.ts'

/** Answers what never became a request: broken HTTP, headers without end, silence. The connection ends with it. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  const response = responseOf(socket)
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  if (response?.req.complete === true) {
    endAfter(response, socket)
    return
  }
  if (response?.headersSent === true) {
    // Bytes in the middle of an answer would be read as part of it.
    socket.destroy()
    return
  }
  socket.end(toClientAnswer(toClientProblem(error)))
}

// n.b. Node keeps the response in progress here.
function responseOf(socket: Duplex): ServerResponse | null {
  return (socket as { _httpMessage?: ServerResponse | null })._httpMessage ?? null
}

/** A whole request came before what is broken, and is still to be answered: another answer would be taken for its own. */
function endAfter(response: ServerResponse, socket: Duplex): void {
  if (!response.headersSent) response.shouldKeepAlive = false
  response.once('close', () => socket.destroy())
}

function toClientProblem({ code }: NodeJS.ErrnoException): ProblemError {
  const [problem, detail] = KINDS[code ?? ''] ?? MALFORMED
  return new ProblemError(problem, { detail })
}

const MALFORMED: readonly [ProblemCode, string] = [
  'MALFORMED_REQUEST',
  'The request is not well-formed HTTP/1.1.',
]

const KINDS: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['REQUEST_TIMEOUT', 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: ['HEADERS_TOO_LARGE', 'The headers of the request have more than 16 KiB.'],
}
