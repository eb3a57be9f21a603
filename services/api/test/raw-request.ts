import { connect } from 'node:net'

/** Sends these bytes on a connection of its own and returns everything that comes back until the other side closes it. */
export function rawRequest(url: string, ...parts: readonly (string | Buffer)[]): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let answer = ''
    socket.on('connect', () => {
      for (const part of parts) socket.write(part)
    })
    socket.on('data', (data) => {
      answer += data.toString('latin1')
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', (error) => (answer === '' ? reject(error) : resolve(answer)))
  })
}
