import { readFileSync } from 'node:fs'
import type pg from 'pg'
import type { Fault, Stage } from '../stage.ts'
import { within } from './within.ts'

/** How long a fault tries to undo itself while another one has Postgres down. */
const HEALS_WITHIN_MS = 60_000
const LOCKED_TABLES = ['open_tasks', 'tasks', 'attempts', 'dead_letters', 'workers', 'audit_entries']

/** Faults of Postgres beyond its death. */
export const POSTGRES_FAULTS: readonly Fault[] = [
  {
    name: 'stop-postgres-immediately',
    meaning: 'Postgres is shut down without a checkpoint (immediate), and recovers',
    handles: 'postgres',
    inject: async ({ postgres, sleep, random }) => {
      const client = await postgres.connect()
      process.kill(postmasterOf(await backendOf(client)), 'SIGQUIT')
      await sleep(random.int(500, 4_000))
      await postgres.start()
    },
  },
  {
    name: 'kill-backend',
    meaning: 'one backend of Postgres is killed, upon which Postgres ends all of them and recovers by itself',
    handles: 'postgres',
    inject: async ({ postgres, random }) => {
      const client = await postgres.connect()
      const pids = await backends(client)
      await client.end()
      if (pids.length > 0) process.kill(random.pick(pids), 'SIGKILL')
      await within(HEALS_WITHIN_MS, async () => (await postgres.connect()).end())
    },
  },
  {
    name: 'freeze-backends',
    meaning: 'five backends of Postgres are stopped in the middle of what they do for 2 to 12 s, and go on',
    handles: 'postgres',
    inject: async ({ postgres, random, sleep }) => {
      const client = await postgres.connect()
      const pids = random.shuffle(await backends(client)).slice(0, 5)
      await client.end()
      for (const pid of pids) signal(pid, 'SIGSTOP')
      await sleep(random.int(2_000, 12_000))
      for (const pid of pids) signal(pid, 'SIGCONT')
    },
  },
  {
    name: 'lock-table',
    meaning: 'somebody locks a whole table for 1 to 8 s, as a careless migration does',
    inject: async ({ postgres, random, sleep, log }) => {
      const table = random.pick(LOCKED_TABLES)
      log('fault.table', { table })
      const client = await postgres.connect()
      try {
        await client.query(`set lock_timeout = '5s'; begin; lock table ${table} in access exclusive mode`)
        await sleep(random.int(1_000, 8_000))
      } finally {
        await client.end()
      }
    },
  },
  {
    name: 'provoke-deadlocks',
    meaning: 'somebody locks open tasks one by one, newest first, against the order of every batch of ours',
    inject: provokeDeadlocks,
  },
  {
    name: 'read-only-postgres',
    meaning:
      'Postgres answers and refuses to write for 2 to 10 s, as after a failover to a standby that is none yet',
    inject: refuseWrites,
  },
]

async function refuseWrites({ postgres, sleep, random }: Stage): Promise<void> {
  await alter(postgres, 'alter system set default_transaction_read_only = on')
  try {
    await sleep(random.int(2_000, 10_000))
  } finally {
    await within(HEALS_WITHIN_MS, () => alter(postgres, 'alter system reset default_transaction_read_only'))
  }
}

async function alter(postgres: Stage['postgres'], command: string): Promise<void> {
  const client = await postgres.connect()
  try {
    await client.query(command)
    await client.query('select pg_reload_conf()')
  } finally {
    await client.end()
  }
}

/** Who loses when two wait for one another is Postgres' choice. */
async function provokeDeadlocks(stage: Stage): Promise<void> {
  const client = await stage.postgres.connect()
  let deadlocks = 0
  try {
    for (let round = 0; round < 8; round += 1) if (await isDeadlocked(stage, client)) deadlocks += 1
  } finally {
    stage.log('fault.deadlocks', { deadlocks })
    await client.end()
  }
}

/** One transaction takes up to ten rows a moment apart. */
async function isDeadlocked({ sleep, random }: Stage, client: pg.Client): Promise<boolean> {
  await client.query('begin')
  try {
    await lockNewestFirst(client, () => sleep(random.int(20, 120)))
    return false
  } catch (error) {
    if (!/deadlock/.test(String(error))) throw error
    return true
  } finally {
    await client.query('rollback')
  }
}

async function lockNewestFirst(client: pg.Client, pause: () => Promise<void>): Promise<void> {
  const { rows } = await client.query<{ task_id: string }>(
    'select task_id from open_tasks order by task_id desc limit 10',
  )
  for (const { task_id } of rows) {
    await client.query('select 1 from open_tasks where task_id = $1 for update', [task_id])
    await pause()
  }
}

async function backends(client: pg.Client): Promise<readonly number[]> {
  const { rows } = await client.query<{ pid: number }>(
    "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() and application_name <> 'torture'",
  )
  return rows.map(({ pid }) => pid)
}

async function backendOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]!.pid
}

function postmasterOf(backend: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${backend}/status`, 'utf8'))![1])
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}
