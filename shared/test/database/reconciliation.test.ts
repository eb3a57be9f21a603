import { beforeEach, expect, test } from '@jest/globals'
import {
  BEFORE_ALL,
  doubtQueues,
  keepLook,
  keepRepair,
  keepSweep,
  listDoubtedLanes,
  listRepairs,
  markConfirmed,
  readBrokerMark,
  readReconciliation,
  releaseDoubted,
  replaceBrokerMark,
  sweepTasks,
  takeCarriedDoubt,
  takeDueTickets,
  type LedgerSweep,
  type Difference,
} from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { sql } from 'kysely'
import { createLedgerFixture } from './ledger-fixture.ts'

let ledger: Awaited<ReturnType<typeof createLedgerFixture>>
beforeEach(async () => {
  ledger = await createLedgerFixture()
})

const release = () => releaseDoubted(ledger.db, { lane: 'normal', settleMs: 3_000, limit: 100 })

/** As release does it: taken, published, confirmed. */
async function releasedTask(): Promise<string> {
  const taskId = await ledger.submit()
  await takeDueTickets(ledger.db, { lane: 'normal', limit: 100, graceMs: 5_000 })
  await markConfirmed(ledger.db, [{ taskId, number: 1 }])
  return taskId
}

/** As an api does it: published at once, and the confirm noted later. */
async function directTask(): Promise<string> {
  const taskId = await ledger.submit({ takenForMs: 5_000 })
  await markConfirmed(ledger.db, [{ taskId, number: 1 }])
  return taskId
}

const secondsPass = (seconds: number) =>
  sql`update lanes set doubted_at = doubted_at - ${seconds} * interval '1 second'`.execute(ledger.db)

test('what was confirmed before the doubt is released again, once, and runs and ends are left alone', async () => {
  const { id: workerId } = await ledger.startWorker()
  const [lost, runs] = [await releasedTask(), await releasedTask()]
  await ledger.claim(workerId, runs)
  await doubtQueues(ledger.db, { lanes: ['normal'], isErrorQueueLost: false })
  expect(await listDoubtedLanes(ledger.db)).toEqual(['normal'])
  expect(await release()).toBe(1)
  expect([await ledger.stateOf(lost), await ledger.stateOf(runs)]).toEqual(['waiting', 'running'])
  const due = { lane: 'normal', limit: 10, graceMs: 5_000 }
  expect(await takeDueTickets(ledger.db, due)).toEqual([{ taskId: lost, number: 1 }])
  await markConfirmed(ledger.db, [{ taskId: lost, number: 1 }])
  expect(await release()).toBe(0)
  expect(await ledger.stateOf(lost)).toBe('queued')
})

test('a confirm that an api notes after the doubt is doubted too, and one that release notes is not', async () => {
  await doubtQueues(ledger.db, { lanes: ['normal'], isErrorQueueLost: false })
  const [fresh, late] = [await releasedTask(), await directTask()]
  expect(await release()).toBe(1)
  expect([await ledger.stateOf(fresh), await ledger.stateOf(late)]).toEqual(['queued', 'waiting'])
})

test('the doubt ends when its time is over and nothing is left to release', async () => {
  await doubtQueues(ledger.db, { lanes: ['normal', 'low'], isErrorQueueLost: false })
  await release()
  expect(await listDoubtedLanes(ledger.db)).toEqual(['low', 'normal'])
  await secondsPass(4)
  await release()
  expect(await listDoubtedLanes(ledger.db)).toEqual(['low'])
})

test('a broker without the mark makes every lane doubtful, but for the very first mark', async () => {
  const [first, second] = [newId(), newId()]
  expect(await replaceBrokerMark(ledger.db, { missing: null, mark: first })).toBe(true)
  expect(await listDoubtedLanes(ledger.db)).toEqual([])
  expect(await replaceBrokerMark(ledger.db, { missing: first, mark: second })).toBe(true)
  expect(await replaceBrokerMark(ledger.db, { missing: first, mark: newId() })).toBe(false)
  expect(await readBrokerMark(ledger.db)).toBe(second)
  expect(await listDoubtedLanes(ledger.db)).toEqual(['high', 'low', 'normal'])
})

test('a lost error queue is told once, and with the mark', async () => {
  expect(await takeCarriedDoubt(ledger.db)).toBe(null)
  await doubtQueues(ledger.db, { lanes: [], isErrorQueueLost: true })
  expect([await takeCarriedDoubt(ledger.db), await takeCarriedDoubt(ledger.db)]).toEqual([
    expect.any(Number),
    null,
  ])
  const first = newId()
  await replaceBrokerMark(ledger.db, { missing: null, mark: first })
  expect(await takeCarriedDoubt(ledger.db)).toBe(null)
  await replaceBrokerMark(ledger.db, { missing: first, mark: newId() })
  expect(await takeCarriedDoubt(ledger.db)).toEqual(expect.any(Number))
})

/** All pages, of two tasks each. */
async function sweep() {
  const total = { accepted: 0, open: 0, ended: 0, differences: [] as Difference[] }
  for (let after: string | null = BEFORE_ALL; after !== null;) {
    const page = await sweepTasks(ledger.db, { after, limit: 2 })
    total.accepted += page.accepted
    total.open += page.open
    total.ended += page.ended.succeeded + page.ended.failed + page.ended.cancelled + page.ended.expired
    total.differences.push(...page.differences)
    after = page.next
  }
  return total
}

test('accepted tasks are those that ended and those that are open, over any number of pages', async () => {
  const { id: workerId } = await ledger.startWorker()
  expect(await sweep()).toEqual({ accepted: 0, open: 0, ended: 0, differences: [] })
  for (let index = 0; index < 3; index += 1) await ledger.submit()
  await ledger.fail((await ledger.claim(workerId, await ledger.submit()))!)
  expect(await sweep()).toEqual({ accepted: 4, open: 3, ended: 1, differences: [] })
})

test.each<[string, string, ReturnType<typeof sql>]>([
  ['neither_ended_nor_open', 'a', sql`delete from open_tasks`],
  ['open_without_a_task', 'a', sql`delete from tasks where state is null`],
  ['failed_without_a_dead_letter', 'b', sql`delete from dead_letters`],
  [
    'dead_letter_without_a_failure',
    'b',
    sql`update tasks set state = 'cancelled', error = null where state = 'failed'`,
  ],
  [
    'ended_and_open',
    'a',
    sql`update tasks set state = 'cancelled', finished_at = now(), number = 1 where state is null`,
  ],
])('%s is found and named', async (kind, which, damage) => {
  const { id: workerId } = await ledger.startWorker()
  const tasks = { a: await ledger.submit(), b: await ledger.submit() }
  await ledger.fail((await ledger.claim(workerId, tasks.b))!)
  await damage.execute(ledger.db)
  const taskIds = [which === 'a' ? tasks.a : tasks.b]
  expect((await sweep()).differences).toEqual([{ kind, count: 1, taskIds }])
})

test('what was seen is kept, and it says since when everything balances', async () => {
  const look = { look: { queues: [] }, lookedBy: 'here:1' }
  await keepLook(ledger.db, { ...look, isBalanced: true })
  const { balancedSince } = await readReconciliation(ledger.db)
  await keepLook(ledger.db, { ...look, isBalanced: true })
  expect(balancedSince).not.toBeNull()
  expect(await readReconciliation(ledger.db)).toMatchObject({ balancedSince, lookedBy: 'here:1' })
  const kept = { id: newId(), repair: 'queue_declared', lane: null, count: 1, detail: 'why' }
  await keepRepair(ledger.db, kept)
  await keepRepair(ledger.db, kept)
  await keepRepair(ledger.db, { ...kept, id: newId(), count: 2 })
  expect((await readReconciliation(ledger.db)).balancedSince).toBeNull()
  expect(await listRepairs(ledger.db, 1)).toMatchObject({
    recent: [{ repair: 'queue_declared', count: 2, detail: 'why' }],
    totals: [{ repair: 'queue_declared', times: 2, count: 3 }],
  })
  const differing: Difference = { kind: 'ended_and_open', count: 1, taskIds: [] }
  await keepSweep(ledger.db, { differences: [differing] } as unknown as LedgerSweep)
  await keepLook(ledger.db, { ...look, isBalanced: true })
  expect((await readReconciliation(ledger.db)).balancedSince).toBeNull()
})
