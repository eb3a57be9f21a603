import { expect, test } from '@jest/globals'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import { startCluster } from '../harness/start-cluster.ts'

test('another dispatcher takes over from one that is stopped without ending, and both may go on afterwards', async () => {
  const cluster = await startCluster()
  const [{ client }, frozen] = await Promise.all([cluster.startApi(), cluster.start('dispatcher')])
  await Promise.all([cluster.start('worker'), frozen.waitForLog((line) => line['event'] === 'lane.held')])
  await cluster.start('dispatcher')
  process.kill(frozen.pid, 'SIGSTOP')
  // Its first attempt fails, and only release sends it out again.
  const input = { sideLog: cluster.sideLog().file }
  const meanwhile = await client.submit({ type: 'test.second', input })
  expect(await client.ended(meanwhile, 40_000)).toMatchObject({ state: 'succeeded', attempt: 2 })
  process.kill(frozen.pid, 'SIGCONT')
  const afterwards = await client.submit({ type: 'test.second', input })
  expect(await client.ended(afterwards)).toMatchObject({ state: 'succeeded', attempt: 2 })
  expect(await findLedgerViolations(cluster.database)).toEqual([])
}, 90_000)
