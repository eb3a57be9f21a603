import { beforeAll, expect, test } from '@jest/globals'
import {
  closeDeadLetter,
  openOverdueDeadLetters,
  purgeDeadLetters,
  redriveDeadLetter,
  restoreDeadLetter,
} from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID } from '@redrive/shared/task'
import { createLedgerFixture } from './ledger-fixture.ts'

const DAY_MS = 86_400_000

let ledger: Awaited<ReturnType<typeof createLedgerFixture>>
let workerId: string

beforeAll(async () => {
  ledger = await createLedgerFixture()
  workerId = (await ledger.startWorker()).id
})

async function die(): Promise<{ readonly taskId: string; readonly id: string }> {
  const taskId = await ledger.submit()
  const attempt = await ledger.claim(workerId, taskId)
  const id = await ledger.fail(attempt!)
  await openOverdueDeadLetters(ledger.db, { olderThanMs: -1, limit: 100 })
  return { taskId, id }
}

const act = (deadLetterId: string) => ({
  tenantId: DEFAULT_TENANT_ID,
  deadLetterId,
  auditId: newId(),
  actor: 'operator',
  reason: null,
  requestId: null,
})

const redrive = (id: string) =>
  redriveDeadLetter(ledger.db, { ...act(id), input: null, lane: null, attempts: null })

const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS)

const purge = (days: number, limit = 100) =>
  purgeDeadLetters(ledger.db, { olderThanDays: 30, limit, now: inDays(days) })

const letterOf = (id: string) =>
  ledger.db.selectFrom('dead_letters').select(['id', 'state']).where('id', '=', id).executeTakeFirst()

test('what died longer ago than it is kept goes, whatever was done with it, and not a day before', async () => {
  const open = await die()
  const discarded = await die()
  await closeDeadLetter(ledger.db, { ...act(discarded.id), state: 'discarded' })
  const restored = await die()
  await closeDeadLetter(ledger.db, { ...act(restored.id), state: 'discarded' })
  await restoreDeadLetter(ledger.db, act(restored.id))
  expect(await purge(29)).toEqual({ deadLetters: 0, tasks: 0, isFollowed: false })
  expect(await purge(31)).toEqual({ deadLetters: 3, tasks: 3, isFollowed: false })
  for (const { id, taskId } of [open, discarded, restored]) {
    expect(await letterOf(id)).toBeUndefined()
    expect(await ledger.stateOf(taskId)).toBeUndefined()
  }
})

test('a batch is bounded, and says that more may follow', async () => {
  await Promise.all(Array.from({ length: 5 }, die))
  expect(await purge(31, 3)).toEqual({ deadLetters: 3, tasks: 3, isFollowed: true })
  expect(await purge(31, 3)).toEqual({ deadLetters: 2, tasks: 2, isFollowed: false })
})

test('a task that runs again stays without its old dead letter, and can fail anew', async () => {
  const { taskId, id } = await die()
  await redrive(id)
  expect(await purge(31)).toEqual({ deadLetters: 1, tasks: 0, isFollowed: false })
  expect(await ledger.stateOf(taskId)).toBe('waiting')
  const again = await ledger.fail((await ledger.claim(workerId, taskId, 2))!)
  expect(await letterOf(again)).toMatchObject({ state: 'carried' })
})

test('of a redrive and a purge at once, either the task lives or both are gone', async () => {
  const deaths = await Promise.all(Array.from({ length: 20 }, die))
  await Promise.all([...deaths.map(({ id }) => redrive(id)), purge(31), purge(31)])
  for (const { taskId } of deaths) {
    const state = await ledger.stateOf(taskId)
    const row = await ledger.openRow(taskId)
    expect({ state, isOpen: row !== undefined }).toEqual(
      state === undefined ? { state, isOpen: false } : { state: 'waiting', isOpen: true },
    )
  }
})
