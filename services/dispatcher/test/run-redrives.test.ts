import { beforeAll, expect, test } from '@jest/globals'
import { laneQueue } from '@redrive/shared/broker'
import { commandRedrive, findRedrive, openDeadLetters, planRedrive } from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID as tenantId, type RedriveCommand } from '@redrive/shared/task'
import { waitFor } from '@redrive/shared/testing'
import { createDispatcherFixture, type DispatcherFixture, ticketOf } from './dispatcher-fixture.ts'

let fixture: DispatcherFixture
let workerId: string

beforeAll(async () => {
  fixture = await createDispatcherFixture()
  workerId = (await fixture.startWorker({ leaseMs: 600_000 })).id
}, 60_000)

/** As many failed tasks with this tag, their dead letters open. */
async function die(tag: string, count: number): Promise<readonly string[]> {
  const ids = await fixture.submitMany(count, { tags: [tag] })
  for (const id of ids) await fixture.fail(await fixture.claim(workerId, id))
  await openDeadLetters(
    fixture.db,
    ids.map((taskId) => ({ taskId, number: 1, broker: {} })),
  )
  return ids
}

async function plan(tag: string, changes: object = {}): Promise<string> {
  const id = newId()
  const terms = { ratePerSecond: null, concurrency: null, lane: null, maxAttempts: null, inputPatch: null }
  const whose = { id, auditId: newId(), tenantId, actor: 'operator', reason: null }
  const match = { tenantIds: [tenantId], filter: { tag: { anyOf: [tag] } } }
  const limits = { expiresInMs: 600_000, maxMembers: 1_000 }
  await planRedrive(fixture.db, { ...whose, match, filter: '{}', ...terms, ...limits, ...changes }, null)
  return id
}

function command(id: string, name: RedriveCommand) {
  const whose = { tenantId, auditId: newId(), actor: 'operator', reason: null }
  return commandRedrive(fixture.db, { id, command: name, ...whose })
}

const find = async (id: string) => (await findRedrive(fixture.db, { tenantId, id }))!
const completed = (id: string) =>
  waitFor(async () => (await find(id)).state === 'completed', `redrive ${id} to be completed`)

test('the members of a redrive go back once, and the broker gets their tickets', async () => {
  const dispatcher = await fixture.startDispatcher()
  const ids = await die('once', 5)
  const lane = fixture.consume(laneQueue('normal'))
  const id = await plan('once')
  await command(id, 'execute')
  await dispatcher.waitForLog((line) => line['event'] === 'redrive.completed' && line['redriveId'] === id)
  const tickets = () => lane.deliveries.map(ticketOf).filter(({ number }) => number === 2)
  await waitFor(() => tickets().length === ids.length, 'a ticket for each')
  expect(
    tickets()
      .map((ticket) => ticket.taskId)
      .toSorted(),
  ).toEqual(ids.toSorted())
  await lane.close()
  expect(await dispatcher.stop()).toEqual({ code: 0, signal: null })
}, 60_000)

test('a paused redrive gives way to another one, and goes on where it was', async () => {
  const dispatcher = await fixture.startDispatcher()
  await die('first', 6)
  await die('second', 6)
  const first = await plan('first', { concurrency: 2 })
  const second = await plan('second')
  await command(first, 'execute')
  await waitFor(async () => (await find(first)).redriven === 2, 'as many as may be open')
  await command(first, 'pause')
  await command(second, 'execute')
  await completed(second)
  expect(await find(first)).toMatchObject({ state: 'paused', redriven: 2 })
  await fixture.db.updateTable('redrives').set({ concurrency: null }).where('id', '=', first).execute()
  await command(first, 'resume')
  await completed(first)
  expect(await find(first)).toMatchObject({ redriven: 6, skipped: 0 })
  expect(await dispatcher.stop()).toEqual({ code: 0, signal: null })
}, 60_000)

test('of two dispatchers one redrives, and the other goes on when it is killed', async () => {
  const dispatchers = [await fixture.startDispatcher(), await fixture.startDispatcher()]
  await die('taken over', 6)
  const id = await plan('taken over', { concurrency: 2 })
  await command(id, 'execute')
  await waitFor(async () => (await find(id)).redriven === 2, 'as many as may be open')
  await dispatchers[0]!.kill()
  await fixture.db.updateTable('redrives').set({ concurrency: null }).where('id', '=', id).execute()
  await completed(id)
  expect(await find(id)).toMatchObject({ redriven: 6, skipped: 0 })
  expect(await dispatchers[1]!.stop()).toEqual({ code: 0, signal: null })
}, 60_000)
