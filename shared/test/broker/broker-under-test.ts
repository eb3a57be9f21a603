import { randomUUID } from 'node:crypto'
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export async function waitFor(condition: () => boolean | Promise<boolean>, what: string, deadlineMs = 15_000) {
  const end = Date.now() + deadlineMs
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`)
    await delay(10)
  }
}

export async function createTestVhost() {
  const name = `test-${randomUUID()}`
  const management = new URL(process.env['AMQP_MANAGEMENT_URL'] ?? '')
  const authorization = `Basic ${Buffer.from(`${management.username}:${management.password}`).toString('base64')}`
  const call = async (method: string) =>
    fetch(`${management.origin}/api/vhosts/${name}`, { method, headers: { authorization } })
  const made = await call('PUT')
  if (!made.ok) throw new Error(`no vhost: ${made.status}`)
  const amqp = new URL(process.env['AMQP_URL'] ?? '')
  amqp.pathname = `/${name}`
  return { url: amqp.href, name, drop: async () => void (await call('DELETE')) }
}

export async function createTcpProxy(target: { host: string; port: number }) {
  const sockets = new Set<Socket>()
  const state = { isFrozenUp: false, isFrozenDown: false }
  const server = createServer((client) => {
    const upstream = connect(target)
    for (const s of [client, upstream]) {
      sockets.add(s)
      s.on('error', () => undefined)
      s.on('close', () => sockets.delete(s))
    }
    client.on('data', (d) => void (state.isFrozenUp || upstream.write(d)))
    upstream.on('data', (d) => void (state.isFrozenDown || client.write(d)))
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    state,
    cut: () => sockets.forEach((s) => s.destroy()),
    stop: async () => {
      sockets.forEach((s) => s.destroy())
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
