import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { ProblemError } from '../problem-error.ts'
import { problemBody } from '../to-problem.ts'

/** A problem as the bytes of a whole answer, for what never became a request; the connection is to end with it. */
export function toClientAnswer(problem: ProblemError): string {
  const body = JSON.stringify(problemBody(problem, randomUUID()))
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(problem.headers).map(([name, value]) => `${name}: ${value}`),
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
