import { laneQueue } from '@redrive/shared/broker'
import { waitFor } from '@redrive/shared/testing'
import { readFileSync, readdirSync } from 'node:fs'
import type { SideLog } from '../../test/harness/side-log.ts'
import { type KeptWorker, type RecoveryStage, SLOTS } from './recovery-stage.ts'

export interface RecoveryCase {
  readonly name: string
  /** What is measured, to complete "seconds until". */
  readonly until: string
  /** One round: milliseconds, one for each thing that had to recover. Leaves the stage as it found it. */
  readonly measure: (stage: RecoveryStage) => Promise<readonly number[]>
}

/** Whatever labels there are beside the work. */
const LEADS = /^redrive_leadership\{[^}]*work="release normal"[^}]*\} 1$/m
const PATIENCE = { deadlineMs: 120_000 }
const ELSEWHERE = 'an open attempt of it runs elsewhere'
const ENDED = 'the last of 200 tasks submitted in that moment has ended'
const AFTER = 'the last of 200 tasks submitted during the outage has ended, since the server answered again'

/** In the order of the table. */
export const RECOVERY_CASES: readonly RecoveryCase[] = [
  {
    name: 'worker process killed',
    until: ELSEWHERE,
    measure: (stage) => loseWorker(stage, { hurt: (worker, pid) => void process.kill(pid, 'SIGKILL') }),
  },
  {
    name: 'worker killed with its parent process',
    until: ELSEWHERE,
    measure: (stage) =>
      loseWorker(stage, {
        hurt: ({ service }, pid) => {
          process.kill(service.pid, 'SIGKILL')
          process.kill(pid, 'SIGKILL')
        },
        heal: async (worker) => await replaceWorker(stage, worker),
      }),
  },
  {
    name: 'worker frozen, lease 15 s',
    until: ELSEWHERE,
    measure: (stage) =>
      loseWorker(stage, {
        hurt: ({ service }, pid) => {
          process.kill(service.pid, 'SIGSTOP')
          process.kill(pid, 'SIGSTOP')
        },
        heal: async (worker) => {
          for (const one of [...childrenOf(worker.service.pid), worker.service.pid])
            process.kill(one, 'SIGKILL')
          await replaceWorker(stage, worker)
        },
      }),
  },
  {
    name: 'worker cut off from Postgres, lease 15 s',
    until: ELSEWHERE,
    measure: (stage) =>
      loseWorker(stage, {
        hurt: ({ toPostgres }) => toPostgres.blackhole(),
        heal: async (worker) => {
          worker.toPostgres.restore()
          await replaceWorker(stage, worker)
        },
      }),
  },
  {
    name: 'worker cut off from RabbitMQ',
    until: ENDED,
    measure: async (stage) => {
      const { toRabbitMq } = pickWorker(stage)
      return await endAll(stage, {
        hurt: () => toRabbitMq.blackhole(),
        heal: () => toRabbitMq.restore(),
      })
    },
  },
  {
    name: 'leading dispatcher killed',
    until: ENDED.replace('submitted in that moment', 'that only a dispatcher releases'),
    measure: async (stage) => {
      const leader = await findLeader(stage)
      const tasks = { delayMs: 50 }
      return await endAll(stage, {
        tasks,
        hurt: () => void leader.kill(),
        heal: async () => {
          stage.dispatchers.splice(stage.dispatchers.indexOf(leader), 1)
          await stage.startDispatcher()
        },
      })
    },
  },
  {
    name: 'RabbitMQ killed and started again',
    until: AFTER,
    measure: (stage) =>
      endAll(stage, { hurt: () => stage.rabbitmq.kill(), restart: () => stage.rabbitmq.start() }),
  },
  {
    name: 'RabbitMQ erased and started again empty',
    until: AFTER,
    measure: (stage) =>
      endAll(stage, {
        hurt: async () => {
          await stage.rabbitmq.stop()
          stage.rabbitmq.forget()
        },
        restart: () => stage.rabbitmq.start(),
      }),
  },
  {
    name: 'Postgres killed and started again',
    until: AFTER,
    measure: (stage) =>
      endAll(stage, { hurt: () => stage.postgres.kill(), restart: () => stage.postgres.start() }),
  },
  {
    name: 'queue of the lane deleted, 200 tickets in it',
    until: 'the last of them has ended',
    measure: (stage) => loseQueue(stage, ''),
  },
  {
    name: 'queue of the lane purged, 200 tickets in it',
    until: 'the last of them has ended',
    measure: (stage) => loseQueue(stage, '/contents'),
  },
]

interface WorkerLoss {
  readonly hurt: (worker: KeptWorker, pid: number) => void
  /** Without it, the parent process has replaced the worker. */
  readonly heal?: (worker: KeptWorker) => Promise<void>
}

/** Half of all slots are taken, so that there is room elsewhere. */
async function loseWorker(stage: RecoveryStage, { hurt, heal }: WorkerLoss): Promise<readonly number[]> {
  // Rescue pauses for one lease after a dispatcher's start, which is not what is measured.
  await untilWorkersAre(stage, stage.workers.length)
  const sideLog = stage.sideLog()
  const count = Math.ceil((SLOTS * stage.workers.length) / 2)
  await stage.submit(many(count, 'bench.held', sideLog))
  await waitFor(() => sideLog.runs().length >= count, 'all to run', PATIENCE)
  const victims = new Set(sideLog.runs().map(({ pid }) => pid))
  const [worker, pid] = ownerOf(stage, victims)
  const lost = sideLog.runs().filter((run) => run.pid === pid)
  const hurtAt = Date.now()
  hurt(worker, pid)
  const again = () =>
    lost.map(({ taskId }) => sideLog.runs().find((run) => run.taskId === taskId && run.pid !== pid))
  await waitFor(() => again().every((run) => run !== undefined), 'all to run elsewhere', PATIENCE)
  const times = again().map((run) => (run?.at ?? 0) - hurtAt)
  sideLog.release()
  await heal?.(worker)
  await untilNothingIsOpen(stage)
  await untilWorkersAre(stage, stage.workers.length)
  return times
}

interface Outage {
  readonly hurt: () => unknown
  readonly tasks?: object
  /** Ends the outage; measured is what comes after it. */
  readonly restart?: () => Promise<unknown>
  readonly heal?: () => unknown
}

async function endAll(stage: RecoveryStage, outage: Outage): Promise<readonly number[]> {
  const sideLog = stage.sideLog()
  await stage.submit(many(20, 'bench.quick', sideLog))
  await untilNothingIsOpen(stage)
  await outage.hurt()
  let fromMs = Date.now()
  const submitted = stage.submit(
    many(200, 'bench.quick', sideLog).map((task) => ({ ...task, ...outage.tasks })),
  )
  if (outage.restart !== undefined) {
    await outage.restart()
    fromMs = Date.now()
  }
  await submitted
  await waitFor(() => new Set(sideLog.runs().map((run) => run.taskId)).size >= 220, 'all to run', PATIENCE)
  await untilNothingIsOpen(stage)
  const elapsedMs = Date.now() - fromMs
  await outage.heal?.()
  await untilWorkersAre(stage, stage.workers.length)
  return [elapsedMs]
}

/** Every slot is taken, so what else is submitted stays in the queue. */
async function loseQueue(stage: RecoveryStage, contents: string): Promise<readonly number[]> {
  const sideLog = stage.sideLog()
  const slots = SLOTS * stage.workers.length
  await stage.submit(many(slots, 'bench.held', sideLog))
  await waitFor(() => sideLog.runs().length >= slots, 'all slots to be taken', PATIENCE)
  await stage.submit(many(200, 'bench.quick', sideLog))
  await waitFor(async () => (await countConfirmed(stage)) >= 200, 'all to be queued', PATIENCE)
  const hurtAt = Date.now()
  await manage(stage, `queues/%2F/${laneQueue('normal')}${contents}`)
  sideLog.release()
  await untilNothingIsOpen(stage)
  return [Date.now() - hurtAt]
}

function many(count: number, type: string, { file }: Pick<SideLog, 'file'>): readonly object[] {
  return Array.from({ length: count }, () => ({ type, input: { sideLog: file } }))
}

function pickWorker({ workers }: RecoveryStage): KeptWorker {
  const [worker] = workers
  if (worker === undefined) throw new Error('there is no worker')
  return worker
}

/** The worker whose process runs one of these, and that process. */
function ownerOf({ workers }: RecoveryStage, pids: ReadonlySet<number>): readonly [KeptWorker, number] {
  for (const worker of workers) {
    const pid = childrenOf(worker.service.pid).find((child) => pids.has(child))
    if (pid !== undefined) return [worker, pid]
  }
  throw new Error('no worker runs any of them')
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
}

async function replaceWorker(stage: RecoveryStage, worker: KeptWorker): Promise<void> {
  stage.workers.splice(stage.workers.indexOf(worker), 1)
  await worker.service.kill()
  await stage.startWorker()
}

async function findLeader({ dispatchers }: RecoveryStage): Promise<RecoveryStage['dispatchers'][number]> {
  for (const dispatcher of dispatchers) {
    const { operationsUrl } = await dispatcher.waitForReady()
    const metrics = await (await fetch(`${operationsUrl}/metrics`)).text()
    if (LEADS.test(metrics)) return dispatcher
  }
  throw new Error('no dispatcher leads')
}

async function untilNothingIsOpen({ database: { db } }: RecoveryStage): Promise<void> {
  await waitFor(
    async () => (await db.selectFrom('open_tasks').select('task_id').limit(1).execute()).length === 0,
    'every task to end',
    PATIENCE,
  )
}

async function countConfirmed({ database: { db } }: RecoveryStage): Promise<number> {
  const rows = await db
    .selectFrom('open_tasks')
    .select('task_id')
    .where('confirmed_at', 'is not', null)
    .where('token', 'is', null)
    .execute()
  return rows.length
}

/** And everybody's rescue has settled: after a restart of Postgres it pauses for one lease. */
async function untilWorkersAre(
  { database: { db }, dispatchers }: RecoveryStage,
  count: number,
): Promise<void> {
  await waitFor(
    async () => {
      const rows = await db.selectFrom('workers').select('id').where('state', '=', 'running').execute()
      return rows.length === count
    },
    `${count} workers to be alive`,
    PATIENCE,
  )
  await waitFor(
    () =>
      dispatchers.every(({ logs }) => {
        const last = logs.findLast((line) => String(line['message']).startsWith('Rescue '))
        return last?.['message'] === 'Rescue goes on.'
      }),
    'rescue to go on',
    PATIENCE,
  )
}

async function manage({ managementUrl }: RecoveryStage, path: string): Promise<void> {
  const { username, password, origin } = new URL(managementUrl)
  const authorization = `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`
  const response = await fetch(`${origin}/api/${path}`, { method: 'DELETE', headers: { authorization } })
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
}
