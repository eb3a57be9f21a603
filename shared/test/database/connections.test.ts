import { beforeAll, expect, test } from '@jest/globals'
import {
  createDatabase,
  createSession,
  type Executor,
  isDatabaseUnavailable,
  ping,
  takeLeadership,
} from '@redrive/shared/database'
import {
  createTcpProxy,
  createTestDatabase,
  onCleanup,
  type TcpProxy,
  waitFor,
} from '@redrive/shared/testing'

/** Longer than any deadline here: what is on its way meanwhile does not arrive. */
const LOST_FOR_MS = 12_000

let url: string
let proxy: TcpProxy
beforeAll(async () => {
  ;({ url } = await createTestDatabase())
  const { hostname, port } = new URL(url)
  proxy = await createTcpProxy({ host: hostname, port: Number(port) })
})

/** Asks once on a path that loses the question, and mends the path for whatever is sent from then on. */
async function loseOneAnswer(ask: () => Promise<unknown>): Promise<void> {
  proxy.delay(LOST_FOR_MS)
  await expect(ask()).rejects.toThrow('Query read timeout')
  proxy.delay(0)
}

test('a pooled connection that does not answer any more is given up, and the next statement has another', async () => {
  const options = { url: proxy.through(url), poolSize: 1, statementTimeoutMs: 100, applicationName: 'test' }
  const database = createDatabase(options)
  onCleanup(() => database.close())
  await ping(database.db)
  await loseOneAnswer(() => ping(database.db))
  await ping(database.db)
  expect(database.poolCounts().total).toBe(1)
}, 20_000)

test('a kept session whose connection does not answer any more begins again on another', async () => {
  const options = { url: proxy.through(url), applicationName: 'test', statementTimeoutMs: 100 }
  const session = createSession({ ...options, silentAfterMs: 60_000 })
  onCleanup(() => session.close())
  await ping(session.db)
  await loseOneAnswer(() => ping(session.db))
  await ping(session.db)
  expect(session.generation()).toBe(2)
})

test('what a session holds is free once it was silent for too long, though its connection is still there', async () => {
  const make = (silentAfterMs: number) =>
    createSession({ url, applicationName: 'test', statementTimeoutMs: 5_000, silentAfterMs })
  const [silent, other] = [make(500), make(60_000)]
  onCleanup(() => Promise.all([silent.close(), other.close()]).then(() => undefined))
  expect(await takeLeadership(silent.db, 'release normal')).toBe(true)
  await waitFor(() => takeLeadership(other.db, 'release normal'), 'the leadership to be free')
  await ping(silent.db)
  expect(silent.generation()).toBe(2)
})

test('what a transaction locked is free once its client was silent for too long, though its connection is still there', async () => {
  const options = {
    poolSize: 1,
    statementTimeoutMs: 100,
    applicationName: 'test',
    silentInTransactionMs: 300,
  }
  const [cutOff, other] = [
    createDatabase({ ...options, url: proxy.through(url) }),
    createDatabase({ ...options, url }),
  ]
  onCleanup(() => Promise.all([cutOff.close(), other.close()]).then(() => undefined))
  const touch = (executor: Executor) => executor.updateTable('tenants').set({ name: 'default' }).execute()
  let wasFree = false
  const cutOffOnceLocked = cutOff.db.transaction().execute(async (transaction) => {
    await touch(transaction)
    proxy.blackhole()
    await waitFor(() => touch(other.db), 'the row to be free', { deadlineMs: 10_000 })
    wasFree = true
    proxy.restore()
  })
  // Its own end finds the connection gone.
  await expect(cutOffOnceLocked).rejects.toThrow(/connection|ECONNRESET/i)
  expect(wasFree).toBe(true)
}, 20_000)

test.each(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', '25P03'])('%s is no fault of the statement', (code) => {
  expect(isDatabaseUnavailable(Object.assign(new Error('no'), { code }))).toBe(true)
})
