import { connect, type Socket } from 'node:net'

export interface PostPlan {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly count: number
  readonly connections: number
}

const END_OF_HEAD = '\r\n\r\n'

/**
 * Sends one request after another on each of some connections, and resolves when all are answered with 2xx. Straight on
 * the sockets, because a whole client takes as much of the processor as the server that is measured. Understands answers
 * with a Content-Length only.
 */
export async function postMany({ url, headers, body, count, connections }: PostPlan): Promise<void> {
  const { hostname, port, pathname } = new URL(url)
  const head = Object.entries({ host: hostname, ...headers, 'content-length': Buffer.byteLength(body) })
  const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const request = `POST ${pathname} HTTP/1.1\r\n${lines}\r\n${body}`
  const line = { left: count }
  const send = (): Promise<void> => sendOnOne(connect(Number(port), hostname), request, line)
  await Promise.all(Array.from({ length: connections }, send))
}

function sendOnOne(socket: Socket, request: string, line: { left: number }): Promise<void> {
  socket.setNoDelay(true)
  let received = ''
  const next = (): void => {
    if (line.left <= 0) return void socket.end()
    line.left -= 1
    socket.write(request)
  }
  return new Promise((resolve, reject) => {
    socket.on('connect', next)
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1')
      if (!isWhole(received)) return
      if (!received.startsWith('HTTP/1.1 2')) return reject(new Error(received.slice(0, 500)))
      received = ''
      next()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve())
  })
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf(END_OF_HEAD)
  if (end < 0) return false
  const length = /content-length: (\d+)/i.exec(answer.slice(0, end))?.[1]
  return answer.length - end - END_OF_HEAD.length >= Number(length ?? 0)
}
