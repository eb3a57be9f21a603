import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { becomeQuiet, heal } from './become-quiet.ts'
import { Canary } from './canary.ts'
import { collectEvidence } from './check/evidence.ts'
import { chooseFaults } from './choose-faults.ts'
import { commandOf } from './command-of.ts'
import { History } from './history.ts'
import { Clients } from './load/clients.ts'
import { knowNothing, type Known } from './load/known.ts'
import { torment, type Injection } from './nemesis.ts'
import type { TortureOptions } from './options.ts'
import { createRandom, type Random } from './random.ts'
import { createReport, type Report } from './report.ts'
import { Resources } from './resources.ts'
import type { Stage } from './stage.ts'
import { setUpStage } from './stage/set-up-stage.ts'

export interface TorturePlan extends TortureOptions {
  readonly folder: string
  readonly signal: AbortSignal
  readonly onProgress: (text: string) => void
}

/** Load without a fault first, so that a canary's usual time is known. */
const WARM_UP_MS = 5_000

/** Sets everything up, torments it, lets it become quiet, and judges. The folder holds history, logs and report afterwards. */
export async function runTorture(plan: TorturePlan): Promise<Report> {
  const { folder, seed, signal, onProgress } = plan
  mkdirSync(folder, { recursive: true })
  const random = createRandom(seed)
  const history = new History(join(folder, 'history.jsonl'))
  onProgress('starting engines and services')
  const standing = await setUpStage({
    folder,
    random: random.fork('faults'),
    history,
    signal,
    versions: { rabbitMq: plan.broker, postgres: plan.postgres },
    nodes: plan.cluster,
  })
  try {
    const report = await torture(plan, { ...standing, random, history })
    writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
    return report
  } finally {
    await standing.takeDown()
    history.close()
    // What the engines hold is in the evidence; gigabytes of it help nobody.
    for (const engine of ['rabbitmq', 'postgres'])
      rmSync(join(folder, engine), { recursive: true, force: true })
  }
}

interface Tortured {
  readonly stage: Stage
  readonly apiUrl: string
  readonly sideLog: string
  readonly random: Random
  readonly history: History
}

async function torture(
  plan: TorturePlan,
  { stage, apiUrl, sideLog, random, history }: Tortured,
): Promise<Report> {
  const known = knowNothing()
  const shared = { apiUrl, sideLog, history, known }
  const canary = new Canary(shared)
  const clients = new Clients({ ...shared, random: random.fork('clients'), rate: plan.rate })
  const resources = new Resources(stage.fleet)
  resources.start()
  canary.start()
  clients.start()
  const load = { stage, sideLog, random, history, known, canary, clients, resources }
  try {
    return await tormentAndJudge(plan, load)
  } finally {
    resources.stop()
    canary.halt()
    clients.halt()
  }
}

interface Loaded extends Omit<Tortured, 'apiUrl'> {
  readonly known: Known
  readonly canary: Canary
  readonly clients: Clients
  readonly resources: Resources
}

async function tormentAndJudge(plan: TorturePlan, loaded: Loaded): Promise<Report> {
  const { stage, sideLog, random, history, known, canary, clients, resources } = loaded
  const { minutes, seed, onProgress } = plan
  await stage.sleep(WARM_UP_MS)
  const { faults, leftOut } = chooseFaults(plan, { stage, random: random.fork('kinds') })
  onProgress(
    `tormenting for ${minutes} minutes with seed ${seed}: ${faults.map(({ name }) => name).join(', ')}`,
  )
  const untilMs = history.nowMs + minutes * 60_000
  const injections: readonly Injection[] = await torment({
    stage,
    faults,
    random: random.fork('nemesis'),
    history,
    canary,
    untilMs,
    isEach: plan.isEach,
    signal: plan.signal,
  })
  plan.signal.throwIfAborted()
  const machine = `${availableParallelism()} cores under a load of ${loadavg()[0]?.toFixed(1)}`
  onProgress('no more faults; waiting until all is quiet')
  await heal(stage)
  await Promise.all([clients.stop(), canary.stop()])
  const { quietAfterMs, queues, unready } = await becomeQuiet(stage, history)
  const processes = resources.stop()
  for (const member of stage.fleet.members) member.keepLogs()
  const evidence = await collectEvidence(stage, {
    known,
    history: history.lines,
    processes,
    unready,
    queues,
    sideLog,
    injections,
  })
  const versions = await readVersions(stage)
  return createReport({ command: commandOf(plan), seed, versions, machine, leftOut, evidence, quietAfterMs })
}

async function readVersions({ ledger, rabbitmq }: Stage): Promise<Readonly<Record<string, string>>> {
  const overview = (await rabbitmq.manage('GET', '/overview')) as { readonly rabbitmq_version: string }
  const { rows } = await sql<{ server_version: string }>`show server_version`.execute(ledger.db)
  return {
    RabbitMQ: overview.rabbitmq_version,
    Postgres: rows[0]?.server_version ?? '',
    Node: process.versions.node,
  }
}
