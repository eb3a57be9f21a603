import { describe, expect, test } from '@jest/globals'
import { onCleanup, type ServiceAddresses, type SpawnedService, waitFor } from '@redrive/shared/testing'
import { ApiClient } from '../harness/api-client.ts'
import { type Backend, Balancer } from '../harness/balancer.ts'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import { countRuns } from '../harness/count-runs.ts'
import { ADMIN_API_KEY, type Cluster, startCluster } from '../harness/start-cluster.ts'
import { countEndings, settled, startLoad } from './deploy-load.ts'

type Service = 'api' | 'dispatcher' | 'worker'

/** Longer than the balancer's look takes. */
const NOTICE = {
  STOP_NOTICE_MS: '5000',
  // A crowded machine is no fault of a deploy's: load is shed in tests of its own.
  SHED_LOOP_DELAY_MS: '60000',
  SHED_POOL_WAIT_MS: '60000',
}

interface Standing extends Backend {
  readonly service: SpawnedService
  readonly addresses: ServiceAddresses
}

/** Every service twice, and a balancer before the apis. */
async function startFleet(cluster: Cluster) {
  const fleet: Record<Service, Standing[]> = { api: [], dispatcher: [], worker: [] }
  const add = async (kind: Service): Promise<void> => {
    const service = cluster.spawn(kind, kind === 'api' ? NOTICE : {})
    fleet[kind].push({ service, addresses: await service.waitForReady({ deadlineMs: 60_000 }) })
  }
  for (const kind of ['api', 'dispatcher', 'worker'] as const) await Promise.all([add(kind), add(kind)])
  const balancer = new Balancer(() => fleet.api)
  const client = new ApiClient(await balancer.start(), ADMIN_API_KEY)
  onCleanup(() => balancer.stop())
  await waitFor(async () => (await client.call('/queues')).status === 200, 'the balancer to see an api')
  return { fleet, add, client }
}

describe('a rolling restart under load', () => {
  test('fails no request and costs no attempt, whichever service is replaced', async () => {
    const cluster = await startCluster()
    const log = cluster.sideLog()
    const { fleet, add, client } = await startFleet(cluster)
    const load = startLoad(client, log)
    await waitFor(() => load.ids.length > 50, 'the load to flow')
    for (const kind of ['dispatcher', 'worker', 'api', 'api', 'worker', 'dispatcher'] as const) {
      await add(kind)
      const [oldest] = fleet[kind]
      expect(await oldest!.service.kill('SIGTERM')).toEqual({ code: 0, signal: null })
      fleet[kind].shift()
    }
    await load.stop()
    await settled(cluster, load.ids)
    expect(
      load.answers.filter(({ status }) => status >= 300).map(({ status, body }) => ({ status, body })),
    ).toEqual([])
    const { length } = load.ids
    expect(await countEndings(cluster)).toEqual({ tasks: length, attempts: length, succeeded: length })
    expect([...countRuns(log).values()].filter((times) => times !== 1)).toEqual([])
    expect(await findLedgerViolations(cluster.database)).toEqual([])
  }, 240_000)
})
