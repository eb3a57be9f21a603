import { afterAll, expect, test } from '@jest/globals'
import {
  createDatabase,
  type Executor,
  type Ledger,
  performStatement,
  workerLockKey,
} from '@redrive/shared/database'
import { createTestDatabase } from '@redrive/shared/testing'
import fc from 'fast-check'
import { type Kysely, sql, type Transaction } from 'kysely'
import { createMemoryLedger, type MemoryLedger, type SimulatedName } from '../src/ledger/memory-ledger.ts'
import { Tables } from '../src/ledger/tables.ts'
import { comparable, rowsInMemory, rowsInPostgres, shiftPostgres } from './compare-ledgers.ts'
import { drawStatement, KINDS, LEASE_MS, type Step, TASK_IDS, WORKER_IDS } from './draw-statement.ts'

const RUNS = 40
const STEPS = 60
/** A broken sequence is shrunk for as long at most. */
const ENOUGH_MS = 40_000

const { url } = await createTestDatabase()
const database = createDatabase({
  url,
  poolSize: 1,
  statementTimeoutMs: 10_000,
  applicationName: 'conformance',
})
afterAll(() => database.close())

test('the simulated ledger answers every statement as Postgres does, and has the same rows after it', async () => {
  const step = fc.record({
    kind: fc.constantFrom(...KINDS),
    task: fc.nat(TASK_IDS.length - 1),
    other: fc.nat(TASK_IDS.length - 1),
    worker: fc.nat(WORKER_IDS.length - 1),
    draw: fc.nat(999),
  })
  const steps = fc.array(step, { minLength: STEPS / 2, maxLength: STEPS })
  await fc.assert(
    fc.asyncProperty(steps, (sequence) => compareLedgers(sequence)),
    {
      numRuns: RUNS,
      interruptAfterTimeLimit: ENOUGH_MS,
    },
  )
})

test('a ledger without a guard is told apart from Postgres', async () => {
  const steps: Step[] = [
    { kind: 'submitTasks', task: 0, other: 0, worker: 0, draw: 0 },
    { kind: 'claimTickets', task: 0, other: 0, worker: 0, draw: 0 },
    { kind: 'finishSucceeded', task: 0, other: 0, worker: 0, draw: 999 },
  ]
  await compareLedgers(steps)
  await expect(compareLedgers(steps, new Tables('finish-any-token'))).rejects.toThrow('finishSucceeded')
})

class RolledBack extends Error {}

/** All in one transaction, in which the clock of Postgres stands still: time passes when both sides are told so. */
async function compareLedgers(steps: readonly Step[], tables = new Tables()): Promise<void> {
  const sequence = database.db.transaction().execute(async (transaction) => {
    await addWorkers(transaction, tables)
    const memory = createMemoryLedger(tables)
    const { rows } = await sql<{ now: Date }>`select now() as now`.execute(transaction)
    const now = rows[0]?.now.getTime() ?? 0
    for (const [index, step] of steps.entries())
      await compareStep(step, { index, now, transaction, tables, memory })
    throw new RolledBack()
  })
  await sequence.catch((error: unknown) => {
    if (!(error instanceof RolledBack)) throw error
  })
  await sql`select pg_advisory_unlock_all()`.execute(database.db)
}

interface Both {
  readonly index: number
  /** The instant at which the clock of Postgres stands. */
  readonly now: number
  readonly transaction: Transaction<Ledger>
  readonly tables: Tables
  readonly memory: MemoryLedger
}

async function compareStep(step: Step, both: Both): Promise<void> {
  const { transaction, tables, memory, now } = both
  if (step.kind === 'pass') {
    const ms = 1_000 * (1 + (step.draw % 20))
    tables.nowMs += ms
    return shiftPostgres(transaction, ms)
  }
  if (step.kind === 'setWorker') return setWorker(step, both)
  const statement = drawStatement(step, both)
  const [shown, expected] = await askBoth(statement, { transaction, memory })
  const what = `step ${both.index}: ${JSON.stringify(statement)}`
  expect([what, comparable(expected, tables.nowMs)]).toEqual([what, comparable(shown, now)])
  expect([what, rowsInMemory(tables)]).toEqual([what, await rowsInPostgres(transaction)])
}

interface Statement {
  readonly statement: SimulatedName
  readonly args: readonly unknown[]
}

async function askBoth(
  { statement, args }: Statement,
  { transaction, memory }: Pick<Both, 'memory' | 'transaction'>,
): Promise<readonly [unknown, unknown]> {
  // A recall makes its own transaction, and is given the one that there is.
  const within = { transaction: () => ({ execute: (run: (inner: Executor) => unknown) => run(transaction) }) }
  const executor = statement === 'recallDeadLetter' ? (within as unknown as Kysely<Ledger>) : transaction
  const shown = await performStatement(executor, { statement, args })
  const run = memory[statement] as (...all: readonly unknown[]) => unknown
  return [shown, run(...args)]
}

async function addWorkers(transaction: Executor, tables: Tables): Promise<void> {
  for (const id of WORKER_IDS) {
    const key = workerLockKey(id)
    await sql`insert into workers (id, lock_key, host, pid, version, lanes, types, concurrency, state, lease_until)
      values (${id}, ${key}::bigint, 'h', 1, '0', '{normal}', '{one}', 1, 'running', now() + ${LEASE_MS} * interval '1 millisecond')`.execute(
      transaction,
    )
    await sql`select pg_advisory_lock(${key}::bigint)`.execute(transaction)
    const leaseUntil = tables.nowMs + LEASE_MS
    const place = { lanes: ['normal'], prefetch: null, isLockHeld: true }
    tables.workers.set(id, { id, host: 'h', state: 'running', leaseUntil, endedAt: null, ...place })
  }
}

/** It renews its lease, or its lock is free from now on. */
async function setWorker({ worker, draw }: Step, { transaction, tables }: Both): Promise<void> {
  const id = WORKER_IDS[worker] ?? ''
  const row = tables.workers.get(id)
  if (row === undefined) return
  if (draw % 2 === 0) {
    await sql`update workers set state = 'running', ended_at = null, lease_until = now() + ${LEASE_MS} * interval '1 millisecond'
      where id = ${id}`.execute(transaction)
    Object.assign(row, { state: 'running', endedAt: null, leaseUntil: tables.nowMs + LEASE_MS })
  } else if (row.isLockHeld) {
    await sql`select pg_advisory_unlock(${workerLockKey(id)}::bigint)`.execute(transaction)
    row.isLockHeld = false
  }
}
