import { beforeAll, describe, expect, test } from '@jest/globals'
import {
  advanceRedrive,
  type CommandOutcome,
  commandRedrive,
  findDeadLetter,
  findRedrive,
  finishFailed,
  finishSucceeded,
  listAuditEntries,
  listRedriveMembers,
  listRedriveWork,
  openDeadLetters,
  planRedrive,
  type PatchInputs,
  recallDeadLetter,
  recallMembers,
  redriveDeadLetter,
  type RedrivePlan,
  reportRedrive,
} from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID as tenantId, type RedriveCommand } from '@redrive/shared/task'
import { createLedgerFixture, failureOf } from './ledger-fixture.ts'

let ledger: Awaited<ReturnType<typeof createLedgerFixture>>
let workerId: string

beforeAll(async () => {
  ledger = await createLedgerFixture()
  workerId = (await ledger.startWorker()).id
})

interface Dead {
  readonly taskId: string
  readonly id: string
}

/** As many failed tasks of one fault, which no other test has. */
async function die(count: number, fingerprint: string): Promise<readonly Dead[]> {
  const dead: Dead[] = []
  for (let index = 0; index < count; index += 1) {
    const taskId = await ledger.submit()
    const attempt = (await ledger.claim(workerId, taskId))!
    const failure = failureOf(attempt, { fingerprint, title: `title of ${fingerprint}` })
    await finishFailed(ledger.db, [failure])
    dead.push({ taskId, id: failure.deadLetterId })
  }
  await openDeadLetters(
    ledger.db,
    dead.map(({ taskId }) => ({ taskId, number: 1, broker: {} })),
  )
  return dead
}

function planOf(fingerprint: string, changes: Partial<RedrivePlan> = {}): RedrivePlan {
  return {
    id: newId(),
    auditId: newId(),
    tenantId,
    match: { tenantIds: [tenantId], filter: { fingerprint: { anyOf: [fingerprint] } } },
    filter: JSON.stringify({ fingerprint }),
    actor: 'planner',
    reason: 'fixed',
    ratePerSecond: null,
    concurrency: null,
    lane: null,
    maxAttempts: null,
    inputPatch: null,
    expiresInMs: 60_000,
    maxMembers: 1_000,
    ...changes,
  }
}

async function plan(
  fingerprint: string,
  changes: Partial<RedrivePlan> = {},
  patch: PatchInputs | null = null,
) {
  const planned = planOf(fingerprint, changes)
  expect(await planRedrive(ledger.db, planned, patch)).toEqual({ kind: 'planned' })
  return planned.id
}

function command(id: string, name: RedriveCommand): Promise<CommandOutcome | null> {
  const order = {
    id,
    tenantId,
    command: name,
    auditId: newId(),
    actor: 'operator',
    reason: null,
  }
  return commandRedrive(ledger.db, order)
}

const advance = (redriveId: string, maxChunk = 500) => advanceRedrive(ledger.db, { redriveId, maxChunk })
const find = (id: string) => findRedrive(ledger.db, { tenantId, id })
const members = (redriveId: string) => listRedriveMembers(ledger.db, { redriveId, limit: 1_000 })
const recallOne = (deadLetterId: string) =>
  recallDeadLetter(ledger.db, { tenantId, deadLetterId, actor: 'operator', reason: 'too soon' })

function redriveOne(deadLetterId: string, changes: object = {}) {
  return redriveDeadLetter(ledger.db, {
    tenantId,
    deadLetterId,
    auditId: newId(),
    actor: 'operator',
    reason: null,
    input: null,
    lane: null,
    attempts: null,
    ...changes,
  })
}

const taskRow = (id: string) =>
  ledger.db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const letterRow = (id: string) =>
  ledger.db.selectFrom('dead_letters').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const isListed = async (id: string) =>
  (await ledger.db.selectFrom('rare_endings').select('state').where('task_id', '=', id).execute()).length

describe('a plan', () => {
  test('has exactly the members that were open when it was made, and says what they are', async () => {
    const dead = await die(3, 'frozen')
    const id = await plan('frozen')
    await die(1, 'frozen')
    expect(await find(id)).toMatchObject({
      state: 'planned',
      memberCount: 3,
      redriven: 0,
      summary: {
        groups: [{ fingerprint: 'frozen', title: 'title of frozen', count: 3 }],
        groupCount: 1,
        types: [{ type: 'math.add', count: 3 }],
        tenants: [{ tenantId, name: 'default', count: 3 }],
        sampleIds: dead.map((one) => one.id),
        foreignExcluded: 0,
      },
    })
    await command(id, 'execute')
    expect(await advance(id)).toMatchObject({ redriven: 3, skipped: 0, isCompleted: true })
    expect((await members(id)).map((member) => member.taskId)).toEqual(dead.map((one) => one.taskId))
    expect((await find(id))?.state).toBe('completed')
  })

  test('that matches nothing or too many stores nothing', async () => {
    await die(2, 'two')
    expect(await planRedrive(ledger.db, planOf('nobody has this'), null)).toEqual({
      kind: 'nothing',
      foreignExcluded: 0,
    })
    const tooMany = planOf('two', { maxMembers: 1 })
    expect(await planRedrive(ledger.db, tooMany, null)).toEqual({ kind: 'too_many' })
    expect(await find(tooMany.id)).toBeNull()
    expect(await members(tooMany.id)).toEqual([])
  })

  test('whose time has passed is shown as expired and is not executed', async () => {
    await die(1, 'late')
    const id = await plan('late', { expiresInMs: -1 })
    expect((await find(id))?.state).toBe('expired')
    expect(await command(id, 'execute')).toEqual({ kind: 'refused', state: 'expired' })
    expect(await advance(id)).toBeNull()
  })

  test('skips at once the members whose edited input cannot be used, and says why', async () => {
    const dead = await die(2, 'patched')
    const patch: PatchInputs = async (found) =>
      found.map(({ input }, index) =>
        index === 0
          ? { input: JSON.stringify({ ...(input as object), c: 1 }) }
          : { skipCode: 'invalid_input', because: '/c: is not a known property' },
      )
    const id = await plan('patched', { inputPatch: '{"c":1}' }, patch)
    expect(await find(id)).toMatchObject({ memberCount: 2, skipped: 1 })
    await command(id, 'execute')
    expect(await advance(id)).toMatchObject({ redriven: 1, skipped: 0, isCompleted: true })
    expect((await taskRow(dead[0]!.taskId)).input).toEqual({ a: 1, b: 2, c: 1 })
    expect((await letterRow(dead[0]!.id)).input).toEqual({ a: 1, b: 2 })
    expect((await letterRow(dead[1]!.id)).state).toBe('open')
    expect((await members(id))[1]).toMatchObject({
      state: 'skipped',
      skipCode: 'invalid_input',
      skippedBecause: '/c: is not a known property',
    })
  })
})

describe('an execution', () => {
  test('goes in chunks, skips who changed meanwhile, and names by whom', async () => {
    const dead = await die(5, 'chunks')
    const id = await plan('chunks', { lane: 'high', maxAttempts: 2 })
    await redriveOne(dead[1]!.id, { actor: 'somebody' })
    await command(id, 'execute')
    expect(await advance(id, 2)).toMatchObject({ redriven: 1, skipped: 1, isFull: true, isCompleted: false })
    expect(await find(id)).toMatchObject({ state: 'running', redriven: 1, skipped: 1 })
    expect(await advance(id, 2)).toMatchObject({ redriven: 2, skipped: 0, isCompleted: false })
    expect(await advance(id, 2)).toMatchObject({ redriven: 1, skipped: 0, isCompleted: true })
    expect(await advance(id, 2)).toBeNull()
    expect((await members(id))[1]).toMatchObject({
      state: 'skipped',
      skipCode: 'redriven',
      skippedBecause: expect.stringMatching(/^the dead letter was redriven by somebody at 20/),
    })
    expect(await ledger.openRow(dead[0]!.taskId)).toMatchObject({ number: 2, lane: 'high', redrive_id: id })
    expect(await taskRow(dead[0]!.taskId)).toMatchObject({ max_attempts: 3, state: null })
    expect(await letterRow(dead[0]!.id)).toMatchObject({
      state: 'redriven',
      redrive_id: id,
      closed_by: 'operator',
    })
    expect(await listAuditEntries(ledger.db, { tenantId, taskId: dead[0]!.taskId })).toMatchObject([
      {
        action: 'dead_letter.redriven',
        actor: 'operator',
        reason: 'fixed',
        details: { redriveId: id, number: 2 },
      },
    ])
  })

  test('by two dispatchers at once redrives each member once', async () => {
    const dead = await die(20, 'twins')
    const id = await plan('twins')
    await command(id, 'execute')
    const steps = await Promise.all(Array.from({ length: 8 }, () => advance(id, 3)))
    expect(steps.reduce((sum, step) => sum + (step?.redriven ?? 0), 0)).toBe(20)
    const rows = await Promise.all(dead.map(({ taskId }) => ledger.openRow(taskId)))
    expect(rows.map((row) => row?.number)).toEqual(dead.map(() => 2))
  })

  test('of two redrives with the same members redrives each once, and the other skips it', async () => {
    await die(10, 'shared')
    const ids = [await plan('shared'), await plan('shared')]
    for (const id of ids) await command(id, 'execute')
    const steps = await Promise.all(ids.map((id) => advance(id)))
    const total = (name: 'redriven' | 'skipped') => steps.reduce((sum, step) => sum + (step?.[name] ?? 0), 0)
    expect([total('redriven'), total('skipped')]).toEqual([10, 10])
  })

  test('is pressed twice, paused, resumed and stopped, each once', async () => {
    const dead = await die(4, 'commanded')
    const id = await plan('commanded')
    expect(await command(id, 'pause')).toMatchObject({ kind: 'refused', state: 'planned' })
    expect(await command(id, 'execute')).toMatchObject({ kind: 'done' })
    expect(await command(id, 'execute')).toMatchObject({ kind: 'same', state: 'running' })
    await advance(id, 1)
    expect(await command(id, 'pause')).toMatchObject({ kind: 'done' })
    expect(await advance(id, 1)).toBeNull()
    expect(await command(id, 'resume')).toMatchObject({ kind: 'done' })
    await advance(id, 1)
    expect(await command(id, 'stop')).toMatchObject({ kind: 'done' })
    expect(await command(id, 'execute')).toMatchObject({ kind: 'refused', state: 'stopped' })
    expect(await advance(id, 1)).toBeNull()
    expect((await members(id)).map((member) => member.state)).toEqual([
      'redriven',
      'redriven',
      'planned',
      'planned',
    ])
    expect((await letterRow(dead[3]!.id)).state).toBe('open')
  })

  test('keeps no more than its concurrency open', async () => {
    const dead = await die(5, 'narrow')
    const id = await plan('narrow', { concurrency: 2 })
    await command(id, 'execute')
    expect(await advance(id)).toMatchObject({ redriven: 2, isFull: false })
    expect(await advance(id)).toMatchObject({ redriven: 0 })
    const attempt = (await ledger.claim(workerId, dead[0]!.taskId, 2))!
    await finishSucceeded(ledger.db, [{ taskId: attempt.taskId, token: attempt.token, result: '1' }])
    expect(await advance(id)).toMatchObject({ redriven: 1 })
  })

  test('keeps its rate by the clock of the ledger', async () => {
    await die(3, 'slow')
    const id = await plan('slow', { ratePerSecond: 0.001 })
    await command(id, 'execute')
    expect(await advance(id)).toMatchObject({ redriven: 0, isFull: false })
    await ledger.db
      .updateTable('redrives')
      .set({ paced_until: new Date(Date.now() - 1_500_000) })
      .where('id', '=', id)
      .execute()
    expect(await advance(id)).toMatchObject({ redriven: 1 })
    expect(await advance(id)).toMatchObject({ redriven: 0 })
  })
})

describe('a recall', () => {
  test('leaves the task and its dead letter exactly as they were, under a higher number', async () => {
    const [dead] = await die(1, 'exact')
    const [task, letter] = [await taskRow(dead!.taskId), await letterRow(dead!.id)]
    await redriveOne(dead!.id, { input: '{"a":9,"b":9}', lane: 'low', attempts: 9 })
    expect(await recallOne(dead!.id)).toBe(true)
    expect(await taskRow(dead!.taskId)).toEqual({ ...task, number: 2 })
    expect(await letterRow(dead!.id)).toEqual(letter)
    expect(await ledger.openRow(dead!.taskId)).toBeUndefined()
    expect(await isListed(dead!.taskId)).toBe(1)
    expect(await recallOne(dead!.id)).toBe(false)
    const actions = (await listAuditEntries(ledger.db, { tenantId, taskId: dead!.taskId })).map(
      (one) => one.action,
    )
    expect(actions).toEqual(['dead_letter.redriven', 'dead_letter.recalled'])
  })

  test('voids the ticket that is with the broker, and the next redrive takes a higher number', async () => {
    const [dead] = await die(1, 'void')
    await redriveOne(dead!.id)
    await recallOne(dead!.id)
    expect(await ledger.claim(workerId, dead!.taskId, 2)).toBeUndefined()
    expect(await redriveOne(dead!.id, { input: '{"a":3,"b":3}' })).toEqual({
      taskId: dead!.taskId,
      number: 3,
    })
    expect(await ledger.claim(workerId, dead!.taskId, 2)).toBeUndefined()
    expect(await ledger.claim(workerId, dead!.taskId, 3)).toMatchObject({ attempt: 2, input: { a: 3, b: 3 } })
  })

  test('comes too late for a task that a worker has started, also when its attempt was given back', async () => {
    const [dead] = await die(1, 'started')
    await redriveOne(dead!.id)
    const attempt = (await ledger.claim(workerId, dead!.taskId, 2))!
    expect(await recallOne(dead!.id)).toBe(false)
    await ledger.fail(attempt)
    expect(await recallOne(dead!.id)).toBe(false)
    expect((await findDeadLetter(ledger.db, { tenantId, id: dead!.id }))?.state).toBe('redriven')
  })

  test('takes back those of a redrive that wait, and stops the rest from going', async () => {
    const dead = await die(5, 'half')
    const id = await plan('half')
    await command(id, 'execute')
    await advance(id, 3)
    await ledger.claim(workerId, dead[1]!.taskId, 2)
    expect(await command(id, 'recall')).toMatchObject({ kind: 'done', state: 'running' })
    expect(await command(id, 'recall')).toMatchObject({ kind: 'same', state: 'stopped' })
    expect((await listRedriveWork(ledger.db)).find((work) => work.redriveId === id)?.kind).toBe('recall')
    expect(await recallMembers(ledger.db, { redriveId: id, limit: 1 })).toMatchObject({ isDone: false })
    expect(await recallMembers(ledger.db, { redriveId: id, limit: 500 })).toMatchObject({ isDone: true })
    expect(await recallMembers(ledger.db, { redriveId: id, limit: 500 })).toBeNull()
    expect((await members(id)).map(({ state, outcome }) => [state, outcome])).toEqual([
      ['recalled', null],
      ['redriven', 'running'],
      ['recalled', null],
      ['planned', null],
      ['planned', null],
    ])
    expect(await find(id)).toMatchObject({ state: 'stopped', redriven: 1, recalled: 2, skipped: 0 })
  })

  test('of one member counts for its redrive', async () => {
    const dead = await die(2, 'single')
    const id = await plan('single')
    await command(id, 'execute')
    await advance(id)
    expect(await recallOne(dead[0]!.id)).toBe(true)
    expect(await find(id)).toMatchObject({ redriven: 1, recalled: 1 })
    expect((await members(id))[0]).toMatchObject({ state: 'recalled' })
  })

  test('of a redrive does not touch a later redrive of the same task', async () => {
    const [dead] = await die(1, 'later')
    const id = await plan('later')
    await command(id, 'execute')
    await advance(id)
    const second = await ledger.fail((await ledger.claim(workerId, dead!.taskId, 2))!)
    await openDeadLetters(ledger.db, [{ taskId: dead!.taskId, number: 2, broker: {} }])
    await redriveOne(second)
    await command(id, 'recall')
    expect(await recallMembers(ledger.db, { redriveId: id, limit: 10 })).toEqual({
      recalled: [],
      isDone: true,
    })
    expect(await recallOne(dead!.id)).toBe(false)
    expect(await ledger.openRow(dead!.taskId)).toMatchObject({ number: 3 })
  })

  test('and a claim at once: exactly one of the two wins, each time', async () => {
    const dead = await die(40, 'race')
    const id = await plan('race')
    await command(id, 'execute')
    await advance(id)
    await command(id, 'recall')
    const claims = dead.map(({ taskId }) => ledger.claim(workerId, taskId, 2))
    const recalls = Array.from({ length: 8 }, () => recallMembers(ledger.db, { redriveId: id, limit: 5 }))
    const claimed = new Set((await Promise.all(claims)).flatMap((attempt) => attempt?.taskId ?? []))
    const chunks = await Promise.all(recalls)
    const recalled = new Set(chunks.flatMap((chunk) => chunk?.recalled.map((one) => one.taskId) ?? []))
    expect(claimed.size + recalled.size).toBe(40)
    for (const { taskId } of dead) {
      expect(claimed.has(taskId)).toBe(!recalled.has(taskId))
      expect(await ledger.stateOf(taskId)).toBe(claimed.has(taskId) ? 'running' : 'failed')
    }
  })
})

test('the report says what became of each', async () => {
  const dead = await die(6, 'report')
  const id = await plan('report')
  await redriveOne(dead[5]!.id)
  await command(id, 'execute')
  await advance(id)
  const attempts = await Promise.all(dead.slice(0, 4).map(({ taskId }) => ledger.claim(workerId, taskId, 2)))
  await finishSucceeded(ledger.db, [{ taskId: attempts[0]!.taskId, token: attempts[0]!.token, result: '1' }])
  await finishFailed(ledger.db, [
    failureOf(attempts[1]!, { fingerprint: 'report', title: 'title of report' }),
    failureOf(attempts[2]!, { fingerprint: 'quite another', title: 'another fault' }),
  ])
  const report = await reportRedrive(ledger.db, id)
  expect(Object.fromEntries(report.outcomes)).toEqual({
    succeeded: 1,
    failed_same: 1,
    failed_differently: 1,
    running: 1,
    waiting: 1,
  })
  expect(report.groups).toEqual([
    { fingerprint: 'quite another', title: 'another fault', count: 1, isSame: false, isNew: true },
    { fingerprint: 'report', title: 'title of report', count: 1, isSame: true, isNew: false },
  ])
  expect(report.skips).toMatchObject([{ code: 'redriven', count: 1 }])
})
