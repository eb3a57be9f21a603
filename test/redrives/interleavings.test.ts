import { beforeAll, expect, test } from '@jest/globals'
import {
  advanceRedrive,
  claimTickets,
  closeDeadLetter,
  commandRedrive,
  type Database,
  finishFailed,
  finishSucceeded,
  openDeadLetters,
  planRedrive,
  recallDeadLetter,
  recallMembers,
  redriveDeadLetter,
  registerWorker,
} from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID as tenantId, REDRIVE_COMMANDS } from '@redrive/shared/task'
import fc from 'fast-check'
import { sql } from 'kysely'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import { seedDeadLetters } from '../harness/seed-dead-letters.ts'
import { startCluster } from '../harness/start-cluster.ts'

const TYPE = 'test.logged'
const MEMBERS = 12
const actor = { actor: 'operator', reason: null }

let database: Database
const workerId = newId()

beforeAll(async () => {
  database = (await startCluster()).database
  const worker = { host: 'test', pid: 1, version: '0', lanes: ['normal'], types: [TYPE], concurrency: 10 }
  await registerWorker(database.db, { id: workerId, ...worker }, 600_000)
}, 60_000)

/** What operators, workers, the recorder and the dispatcher do; each means some of the tasks, whatever they are at. */
const act = fc.oneof(
  fc.record({ kind: fc.constant('command' as const), command: fc.constantFrom(...REDRIVE_COMMANDS) }),
  fc.record({
    kind: fc.constantFrom('advance' as const, 'recall' as const),
    size: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({
    kind: fc.constantFrom('redriveOne', 'recallOne', 'discard', 'claim', 'succeed', 'fail', 'record'),
    which: fc.array(fc.integer({ min: 0, max: MEMBERS - 1 }), { minLength: 1, maxLength: 4 }),
  }),
)
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never

interface Round {
  readonly redriveId: string
  readonly taskIds: readonly string[]
  /** Every dispatch that a worker has started, as `task.number`. */
  readonly started: Set<string>
}

async function begin(tag: string): Promise<Round> {
  const { db } = database
  await seedDeadLetters(database, { count: MEMBERS, types: [TYPE], tag })
  const redriveId = newId()
  const terms = { ratePerSecond: null, concurrency: null, lane: null, maxAttempts: null, inputPatch: null }
  await planRedrive(
    db,
    {
      id: redriveId,
      auditId: newId(),
      tenantId,
      match: { tenantIds: [tenantId], filter: { tag: { anyOf: [tag] } } },
      filter: '{}',
      ...actor,
      ...terms,
      expiresInMs: 600_000,
      maxMembers: MEMBERS,
    },
    null,
  )
  await commandRedrive(db, { id: redriveId, tenantId, command: 'execute', auditId: newId(), ...actor })
  const members = await db
    .selectFrom('redrive_members')
    .select('task_id')
    .where('redrive_id', '=', redriveId)
    .orderBy('position')
    .execute()
  return { redriveId, taskIds: members.map((member) => member.task_id), started: new Set() }
}

async function perform(round: Round, one: Act): Promise<void> {
  const { db } = database
  const { redriveId } = round
  if (one.kind === 'command') {
    const { command } = one
    await commandRedrive(db, { id: redriveId, tenantId, command, auditId: newId(), ...actor })
  } else if (one.kind === 'advance' && 'size' in one)
    await advanceRedrive(db, { redriveId, maxChunk: one.size })
  else if (one.kind === 'recall' && 'size' in one) await recallMembers(db, { redriveId, limit: one.size })
  else if ('which' in one) {
    const taskIds = [...new Set(one.which)].map((index) => round.taskIds[index]!)
    if (one.kind === 'claim' || one.kind === 'succeed' || one.kind === 'fail')
      await work(round, one.kind, taskIds)
    else await operate(one.kind, taskIds)
  }
}

async function work(
  { started }: Round,
  kind: 'claim' | 'succeed' | 'fail',
  taskIds: readonly string[],
): Promise<void> {
  const { db } = database
  const open = await db
    .selectFrom('open_tasks')
    .select(['task_id as taskId', 'number', 'token'])
    .where('task_id', 'in', taskIds)
    .execute()
  if (kind === 'claim') {
    const tickets = open.map(({ taskId, number }) => ({ taskId, number, token: crypto.randomUUID() }))
    const claimed = await claimTickets(db, { workerId, types: [TYPE], tickets })
    for (const { taskId, number } of claimed) started.add(`${taskId}.${number}`)
    return
  }
  const running = open.flatMap(({ taskId, token }) => (token === null ? [] : [{ taskId, token }]))
  if (kind === 'succeed') {
    await finishSucceeded(
      db,
      running.map((attempt) => ({ ...attempt, result: '1' })),
    )
    return
  }
  const failure = {
    error: { type: 'Error', message: 'again' },
    fingerprint: 'again',
    title: 'again',
    reason: 'attempts_exhausted',
    decision: 'used up',
    outcome: 'failed',
    isCharged: true,
  } as const
  await finishFailed(
    db,
    running.map((attempt) => ({ ...attempt, deadLetterId: newId(), ...failure })),
  )
}

async function operate(kind: string, taskIds: readonly string[]): Promise<void> {
  const { db } = database
  const letters = await db
    .selectFrom('dead_letters')
    .select(['id', 'task_id as taskId', 'number'])
    .where('task_id', 'in', taskIds)
    .orderBy('id')
    .execute()
  if (kind === 'record') {
    const carried = letters.map(({ taskId, number }) => ({ taskId: taskId!, number: number!, broker: {} }))
    await openDeadLetters(db, carried)
  }
  for (const { id: deadLetterId } of letters) {
    const order = { tenantId, deadLetterId, auditId: newId(), ...actor }
    if (kind === 'redriveOne')
      await redriveDeadLetter(db, { ...order, input: '{"n":1}', lane: null, attempts: null })
    if (kind === 'recallOne') await recallDeadLetter(db, order)
    if (kind === 'discard') await closeDeadLetter(db, { ...order, state: 'discarded' })
  }
}

/** Of the redrive's own counts, and of recalls that came too late. */
async function findRedriveViolations(round: Round): Promise<readonly string[]> {
  const { redriveId } = round
  const { rows } = await sql<{ violation: string }>`
    select 'counts differ from the members' as violation from redrives r where r.id = ${redriveId} and not exists (
      select from redrive_members where redrive_id = r.id
      having count(*) filter (where state = 'redriven') = r.redriven_count
        and count(*) filter (where state = 'skipped') = r.skipped_count
        and count(*) filter (where state = 'recalled') = r.recalled_count)
    union all
    select 'a member had its turn, and is neither redriven nor skipped: ' || m.position from redrive_members m
    join redrives r on r.id = m.redrive_id where r.id = ${redriveId} and m.position <= r.position and m.state = 'planned'
  `.execute(database.db)
  return [...rows.map((row) => row.violation), ...(await findRecalledStarts(round))]
}

/** Recalls, of one or of many, of what a worker had started. */
async function findRecalledStarts({ taskIds, started }: Round): Promise<readonly string[]> {
  const recalls = await database.db
    .selectFrom('audit_entries')
    .select(['task_id', 'details'])
    .where('task_id', 'in', taskIds)
    .where('action', '=', 'dead_letter.recalled')
    .execute()
  const dispatches = recalls.map(({ task_id: taskId, details }) => `${taskId}.${String(details['number'])}`)
  return dispatches
    .filter((dispatch) => started.has(dispatch))
    .map((dispatch) => `started and recalled: ${dispatch}`)
}

test('whatever operators, workers and dispatchers do at once, no task is lost, doubled, or run after its recall', async () => {
  let rounds = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(act, { minLength: 2, maxLength: 6 }), { maxLength: 12 }),
      async (script) => {
        rounds += 1
        const round = await begin(`round-${rounds}`)
        // Those of one step at once; a deadlock between them rejects.
        for (const step of script) await Promise.all(step.map((one) => perform(round, one)))
        expect(await findRedriveViolations(round)).toEqual([])
        expect(await findLedgerViolations(database)).toEqual([])
      },
    ),
    { numRuns: 40, endOnFailure: true },
  )
}, 240_000)
