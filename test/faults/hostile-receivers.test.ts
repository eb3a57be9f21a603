import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, test } from '@jest/globals'
import { onCleanup, startReceiver } from '@redrive/shared/testing'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import { startCluster } from '../harness/start-cluster.ts'

/** Each takes its turn, by the path that is asked for. */
const ATTACKS: Readonly<Record<string, (socket: Socket) => void>> = {
  silent: () => {},
  dripping: (socket) => void socket.write('HTTP/1.1 200 OK\r\nx-half: '),
  endless: (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    flood(socket)
  },
  bloated: (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nx: ')
    flood(socket)
  },
  reset: (socket) => void socket.resetAndDestroy(),
}

function flood(socket: Socket): void {
  while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 'a')));
  if (!socket.destroyed) socket.once('drain', () => flood(socket))
}

async function startHostile(): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.once('data', (head) => ATTACKS[/^GET \/(\w+)/.exec(head.toString())?.[1] ?? '']?.(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onCleanup(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function memoryPeakMb(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024
}

test('receivers that stall, flood or reset hold no slot beyond the timeout, and no memory', async () => {
  const cluster = await startCluster()
  const [{ client }, , worker] = await Promise.all([
    cluster.startApi(),
    cluster.start('dispatcher'),
    cluster.start('worker', { HTTP_ALLOWED_TARGETS: '127.0.0.1', WORKER_CONCURRENCY: '10' }),
  ])
  const [hostile, good] = [await startHostile(), await startReceiver()]
  const before = memoryPeakMb(worker.pid)
  const kinds = Object.keys(ATTACKS)
  const bad = await client.submitAll(
    Array.from({ length: 100 }, (_, index) => ({
      type: 'http.request',
      input: { url: `${hostile}/${kinds[index % kinds.length]}`, timeoutMs: 500 },
      maxAttempts: 1,
    })),
  )
  // Waits behind all of them.
  const last = await client.submit({ type: 'http.request', input: { url: good.url } })
  expect(await client.ended(last, 60_000)).toMatchObject({ state: 'succeeded' })
  const ended = await Promise.all(bad.map((id) => client.ended(id, 60_000)))
  const states = kinds.map(
    (_, kind) =>
      new Set(ended.filter((__, index) => index % kinds.length === kind).map(({ state }) => state)),
  )
  expect(states.map((all) => [...all])).toEqual([
    ['failed'],
    ['failed'],
    ['succeeded'],
    ['failed'],
    ['failed'],
  ])
  // Twenty endless bodies and as many endless headers: unbounded, gigabytes.
  expect(memoryPeakMb(worker.pid) - before).toBeLessThan(200)
  expect(await findLedgerViolations(cluster.database)).toEqual([])
}, 120_000)
