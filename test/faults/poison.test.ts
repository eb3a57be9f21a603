import { beforeAll, expect, test } from '@jest/globals'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import { type Cluster, startCluster } from '../harness/start-cluster.ts'
import type { ApiClient } from '../harness/api-client.ts'

let cluster: Cluster
let client: ApiClient

beforeAll(async () => {
  cluster = await startCluster()
  const [, api] = await Promise.all([cluster.start('dispatcher'), cluster.startApi()])
  client = api.client
  // The first worker makes the types known; each test then brings its own.
  await (await cluster.start('worker')).stop()
}, 60_000)

const SETTINGS = {
  WORKER_CONCURRENCY: '50',
  WORKER_PREFETCH: '50',
  WORKER_STALL_LIMIT_MS: '5000',
  WORKER_ABORT_GRACE_MS: '500',
  // So that memory is used up soon.
  NODE_OPTIONS: '--max-old-space-size=160',
}

type Attempt = { outcome: string; isCharged: boolean }

test.each([
  ['exit', { exitCode: 9, signal: null }, 'EXIT_9'],
  ['abort', { exitCode: null, signal: 'SIGABRT' }, 'SIGABRT'],
  ['memory', { exitCode: null, signal: 'SIGABRT' }, 'OUT_OF_MEMORY'],
  ['loop', { exitCode: null, signal: 'SIGKILL' }, 'KILLED'],
])(
  'of 51 prefetched tasks, the one that ends its worker by %s is convicted, and the others succeed',
  async (how, ending, code) => {
    const log = cluster.sideLog()
    const innocents = Array.from({ length: 50 }, () => ({
      type: 'test.innocent',
      input: { sideLog: log.file },
    }))
    const [poisonId = '', ...ids] = await client.submitAll([
      // The loop ends at its timeout; whatever else a crash takes on a busy machine is not the clock's to decide.
      { type: 'test.poison', input: { how }, timeoutMs: how === 'loop' ? 1_000 : 120_000 },
      ...innocents,
    ])
    const worker = await cluster.startKeptWorker(SETTINGS)

    const tasks = await Promise.all(ids.map((id) => client.ended(id, 150_000)))
    expect(tasks.map(({ state }) => state)).toEqual(ids.map(() => 'succeeded'))
    const charged = tasks.map(({ attempts }) => attempts.filter((one: Attempt) => one.isCharged).length)
    expect(Math.max(...charged)).toBe(1)

    const letter = await client.openDeadLetter(poisonId, 150_000)
    expect(letter).toMatchObject({ reason: 'crashed', error: { type: 'ProcessCrashed', code } })
    expect(letter.attempts).toMatchObject([
      { outcome: 'lost', isCharged: false, evidence: null },
      { outcome: 'failed', isCharged: true, evidence: ending },
    ])
    expect(letter.evidence).toMatchObject(ending)
    expect(letter.evidence.memoryPeakBytes).toBeGreaterThan(30_000_000)
    expect(letter.explanation).toContain(ending.signal ?? `exit code ${ending.exitCode}`)
    expect(letter.explanation).toContain('the task is the cause')

    // The parent lives, and the worker was replaced once: the second death harmed nobody.
    expect(worker.logs.filter(({ event }) => event === 'worker.replaced')).toMatchObject([
      { replacements: 1 },
    ])
    expect(await worker.stop()).toEqual({ code: 0, signal: null })
    expect(await findLedgerViolations(cluster.database)).toEqual([])
  },
  240_000,
)
