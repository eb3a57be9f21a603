import { describe, expect, test } from '@jest/globals'
import { onCleanup, type ServiceAddresses, type SpawnedService, waitFor } from '@redrive/shared/testing'
import { sql } from 'kysely'
import { type Answer, ApiClient } from '../harness/api-client.ts'
import { type Backend, Balancer } from '../harness/balancer.ts'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import { countRuns } from '../harness/count-runs.ts'
import { ADMIN_API_KEY, type Cluster, type SideLog, startCluster } from '../harness/start-cluster.ts'

type Service = 'api' | 'dispatcher' | 'worker'

/** Longer than the balancer's look takes. */
const NOTICE = { STOP_NOTICE_MS: '1000' }

interface Standing extends Backend {
  readonly service: SpawnedService
  readonly addresses: ServiceAddresses
}

/** Every service twice, and a balancer before the apis. */
async function startFleet(cluster: Cluster) {
  const fleet: Record<Service, Standing[]> = { api: [], dispatcher: [], worker: [] }
  const add = async (kind: Service): Promise<void> => {
    const service = await cluster.start(kind, kind === 'api' ? NOTICE : {})
    fleet[kind].push({ service, addresses: await service.waitForReady() })
  }
  for (const kind of ['api', 'dispatcher', 'worker'] as const) await Promise.all([add(kind), add(kind)])
  const balancer = new Balancer(() => fleet.api)
  const client = new ApiClient(await balancer.start(), ADMIN_API_KEY)
  onCleanup(() => balancer.stop())
  await waitFor(async () => (await client.call('/queues')).status === 200, 'the balancer to see an api')
  return { fleet, add, client }
}

interface Load {
  readonly answers: readonly Answer[]
  readonly ids: readonly string[]
  stop(): Promise<void>
}

/** Clients that ask without pause, each waiting for its answer: alone, in bulk under a key, reading, and waiting for results. */
function startLoad(client: ApiClient, { file }: SideLog): Load {
  const answers: Answer[] = []
  const ids: string[] = []
  let isOver = false
  const task = { type: 'test.logged', input: { sideLog: file } }
  const ask = async (...call: Parameters<ApiClient['call']>): Promise<Answer> => {
    const answer = await client.call(...call)
    answers.push(answer)
    return answer
  }
  const one = async (): Promise<void> => {
    const { body } = await ask('/tasks', { body: task })
    ids.push(body.id)
    await ask(`/tasks/${body.id}/result`, { headers: { prefer: 'wait=5' } })
    await ask(`/tasks/${body.id}`)
  }
  const many = async (): Promise<void> => {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const first = await ask('/tasks/bulk', { body: Array.from({ length: 5 }, () => task), headers })
    ids.push(...first.body.ids)
    await ask('/tasks?limit=5')
    await ask('/dead-letters?limit=5')
  }
  const repeat = async (step: () => Promise<void>): Promise<void> => {
    while (!isOver) await step()
  }
  const running = Promise.all([repeat(one), repeat(one), repeat(many)])
  return {
    answers,
    ids,
    stop: async () => {
      isOver = true
      await running
    },
  }
}

async function settled({ database }: Cluster, ids: readonly string[]): Promise<void> {
  await waitFor(
    async () => {
      const open = await database.db.selectFrom('open_tasks').select('task_id').execute()
      return open.length === 0 ? true : Promise.reject(new Error(`${open.length} of ${ids.length} are open`))
    },
    'every task to end',
    { deadlineMs: 60_000 },
  )
}

async function countEndings({ database }: Cluster): Promise<object> {
  const { rows } = await sql<{ tasks: number; attempts: number; succeeded: number }>`
    select (select count(*)::int from tasks) as tasks, (select count(*)::int from attempts) as attempts,
      (select count(*)::int from attempts where outcome = 'succeeded') as succeeded`.execute(database.db)
  return rows[0] ?? {}
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
