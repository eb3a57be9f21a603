import { beforeAll, describe, expect, test } from '@jest/globals'
import { changeGroupState, type IgnoreTerms } from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { ALERT_TAG, DEFAULT_TENANT_ID } from '@redrive/shared/task'
import { type SpawnedService, waitFor } from '@redrive/shared/testing'
import { createDispatcherFixture, type DispatcherFixture } from './dispatcher-fixture.ts'

const URL = 'http://127.0.0.1:9/alerts'

interface Alert {
  readonly type: string
  // oxlint-disable-next-line typescript/no-explicit-any -- alerts are looked into freely by tests.
  readonly data: any
}

let dispatcher: SpawnedService
let fixture: DispatcherFixture
let steps: Awaited<ReturnType<typeof watchFor>>

beforeAll(async () => {
  fixture = await createDispatcherFixture()
  dispatcher = await fixture.startDispatcher({ ALERT_WEBHOOK_URL: URL })
  steps = await watchFor(fixture)
}, 60_000)

/** The steps of tasks that die, of operators, and of a receiver that looks what it would be told. */
async function watchFor(around: DispatcherFixture) {
  const { db } = around
  const worker = await around.startWorker()
  const alerts = async (): Promise<readonly Alert[]> => {
    const tasks = await db
      .selectFrom('tasks')
      .select(['input', 'tags'])
      .where('type', '=', 'http.request')
      .orderBy('id')
      .execute()
    return tasks
      .filter((task) => task.tags.includes(ALERT_TAG))
      .map((task) => (task.input as { body: Alert }).body)
  }
  const alertsOf = async (fingerprint: string) =>
    (await alerts()).filter((alert) => alert.data.group?.fingerprint === fingerprint)
  return {
    alerts,
    alertsOf,
    /** Lets one more task die of a fault, and returns its dead letter's id. */
    die: async (
      fingerprint: string,
      changes: { readonly tags?: string[]; readonly tenantId?: string } = {},
    ) => {
      const id = await around.submit(changes)
      return around.fail(await around.claim(worker.id, id), { fingerprint, title: `Error: ${fingerprint}` })
    },
    async waitForAlerts(fingerprint: string, types: readonly string[]): Promise<readonly Alert[]> {
      await waitFor(
        async () => (await alertsOf(fingerprint)).length >= types.length,
        `${types.join()} of ${fingerprint}`,
      )
      const found = await alertsOf(fingerprint)
      expect(found.map(({ type }) => type)).toEqual(types)
      return found
    },
    async decide(fingerprint: string, act: 'resolve' | 'ignore', terms: Partial<IgnoreTerms> = {}) {
      const ignore = { untilAt: null, untilCount: null, overRatePerHour: null, ...terms }
      const change = {
        tenantIds: [DEFAULT_TENANT_ID],
        fingerprint,
        act,
        actor: 'somebody',
        reason: null,
        expectedState: null,
      }
      await changeGroupState(db, { ...change, ignore })
    },
    group: (fingerprint: string) =>
      db
        .selectFrom('dead_letter_groups')
        .select(['state', 'state_changed_by'])
        .where('fingerprint', '=', fingerprint)
        .where('tenant_id', '=', DEFAULT_TENANT_ID)
        .executeTakeFirstOrThrow(),
  }
}

/** Lets the watcher look once more: it tells of this fault after all that died before. */
async function watchOnce(fingerprint: string): Promise<void> {
  await steps.die(fingerprint)
  await steps.waitForAlerts(fingerprint, ['group.new'])
}

describe('a new fault', () => {
  test('is told once, with what it is and where to look', async () => {
    const id = await steps.die('new-1')
    const [alert] = await steps.waitForAlerts('new-1', ['group.new'])
    const example = { id, type: 'math.add', tenant: 'default', reason: 'attempts_exhausted' }
    expect(alert).toMatchObject({
      type: 'group.new',
      timestamp: expect.stringMatching(/Z$/),
      data: {
        group: {
          fingerprint: 'new-1',
          title: 'Error: new-1',
          state: 'open',
          count: 1,
          types: ['math.add'],
          tenants: ['default'],
          example,
        },
        links: {
          group: '/api/v1/dead-letters/groups/new-1',
          deadLetters: '/api/v1/dead-letters?fingerprint=new-1',
          example: `/api/v1/dead-letters/${id}`,
        },
      },
    })
    await dispatcher.waitForLog((line) => line['event'] === 'group.new' && line['fingerprint'] === 'new-1')
    await steps.die('new-1')
    await watchOnce('new-2')
    await steps.waitForAlerts('new-1', ['group.new'])
    const task = fixture.db.selectFrom('tasks').selectAll().where('type', '=', 'http.request')
    expect(await task.executeTakeFirstOrThrow()).toMatchObject({
      tenant_id: DEFAULT_TENANT_ID,
      input: { url: URL, method: 'POST', sign: true },
    })
  }, 60_000)

  test('of several tenants is told once', async () => {
    const tenantId = newId()
    await fixture.db.insertInto('tenants').values({ id: tenantId, name: 'acme' }).execute()
    await watchOnce('tenants-1')
    await steps.die('tenants-1', { tenantId })
    await steps.die('tenants-2', { tenantId })
    const [alert] = await steps.waitForAlerts('tenants-2', ['group.new'])
    expect(alert!.data.group.tenants).toEqual(['acme'])
    await steps.waitForAlerts('tenants-1', ['group.new'])
  }, 60_000)

  test('of an alert is told by no other alert, until somebody else meets it', async () => {
    await steps.die('alert-1', { tags: [ALERT_TAG] })
    await watchOnce('alert-2')
    expect(await steps.alertsOf('alert-1')).toEqual([])
    await steps.die('alert-1')
    await steps.waitForAlerts('alert-1', ['group.new'])
  }, 60_000)

  test('is no news when an operator resolved it before it was told', async () => {
    await steps.die('known-1')
    await steps.decide('known-1', 'resolve')
    await watchOnce('known-2')
    expect((await steps.alertsOf('known-1')).filter(({ type }) => type === 'group.regressed')).toEqual([])
  }, 60_000)
})

test('a resolved fault that comes back is regressed and told, and one that does not is neither', async () => {
  await watchOnce('back-1')
  await watchOnce('back-2')
  await steps.decide('back-1', 'resolve')
  await steps.decide('back-2', 'resolve')
  await steps.die('back-1')
  const told = await steps.waitForAlerts('back-1', ['group.new', 'group.regressed'])
  expect(told[1]!.data.group).toMatchObject({ state: 'regressed', count: 2 })
  expect(await steps.group('back-1')).toEqual({ state: 'regressed', state_changed_by: 'redrive' })
  await steps.die('back-1')
  await watchOnce('back-3')
  await steps.waitForAlerts('back-1', ['group.new', 'group.regressed'])
  await steps.waitForAlerts('back-2', ['group.new'])
  expect(await steps.group('back-2')).toMatchObject({ state: 'resolved' })
  const entry = fixture.db
    .selectFrom('audit_entries')
    .select(['actor', 'details'])
    .where('action', '=', 'group.regressed')
  expect(await entry.executeTakeFirst()).toEqual({ actor: 'redrive', details: { fingerprint: 'back-1' } })
}, 60_000)

describe('an ignored fault', () => {
  test.each<[string, number, () => Partial<IgnoreTerms>]>([
    ['count', 3, () => ({ untilCount: 3 })],
    ['rate', 3, () => ({ overRatePerHour: 2 })],
  ])(
    'is open again and told when its %s is passed with %d more, and not before',
    async (why, deaths, terms) => {
      const fingerprint = `ignored-${why}`
      await watchOnce(fingerprint)
      await steps.decide(fingerprint, 'ignore', terms())
      for (let death = 1; death < deaths; death += 1) await steps.die(fingerprint)
      await watchOnce(`${fingerprint}-2`)
      expect(await steps.group(fingerprint)).toMatchObject({ state: 'ignored' })
      await steps.die(fingerprint)
      const told = await steps.waitForAlerts(fingerprint, ['group.new', 'group.reopened'])
      expect(told[1]!.data.group).toMatchObject({ state: 'open', count: 1 + deaths })
      const event = await dispatcher.waitForLog(
        (line) => line['event'] === 'group.reopened' && line['why'] === why,
      )
      expect(event['fingerprint']).toBe(fingerprint)
    },
    60_000,
  )

  test('is open again and told when its time is over', async () => {
    await watchOnce('ignored-time')
    await steps.decide('ignored-time', 'ignore', { untilAt: new Date(Date.now() + 500) })
    await steps.waitForAlerts('ignored-time', ['group.new', 'group.reopened'])
    expect(await steps.group('ignored-time')).toEqual({ state: 'open', state_changed_by: 'redrive' })
  }, 60_000)

  test('stays ignored when it is for ever', async () => {
    await watchOnce('ignored-ever')
    await steps.decide('ignored-ever', 'ignore')
    await steps.die('ignored-ever')
    await watchOnce('ignored-ever-2')
    await steps.waitForAlerts('ignored-ever', ['group.new'])
    expect(await steps.group('ignored-ever')).toMatchObject({ state: 'ignored' })
  }, 60_000)
})

test('the metrics count groups by state, their changes and the failures of the last minute', async () => {
  await watchOnce('metric-1')
  const { operationsUrl } = await dispatcher.waitForReady()
  const metrics = await (await fetch(`${operationsUrl}/metrics`)).text()
  expect(metrics).toMatch(/^redrive_groups\{.*state="open".*\} [1-9]/m)
  expect(metrics).toMatch(/^redrive_group_changes_total\{.*change="new".*\} [1-9]/m)
  expect(metrics).toMatch(/^redrive_failures_per_minute(\{.*\})? [1-9]/m)
}, 60_000)

test('of two dispatchers, one tells of each of many new faults, and of too many failures', async () => {
  const own = await createDispatcherFixture()
  const { die, alerts } = await watchFor(own)
  const settings = { ALERT_WEBHOOK_URL: URL, ALERT_FAILURES_PER_MINUTE: '3' }
  await Promise.all([own.startDispatcher(settings), own.startDispatcher(settings)])
  const fingerprints = Array.from({ length: 45 }, (_, index) => `fault-${String(index).padStart(2, '0')}`)
  for (const fingerprint of fingerprints) await die(fingerprint)
  const told = async (): Promise<string[]> =>
    (await alerts()).flatMap(({ data }) => data.group?.fingerprint ?? [])
  const rates = async () => (await alerts()).filter(({ type }) => type.startsWith('error_rate'))
  await waitFor(async () => (await told()).length >= 45 && (await rates()).length > 0, 'all alerts')
  expect((await told()).toSorted()).toEqual(fingerprints)

  const past = new Date(Date.now() - 120_000)
  await own.db.updateTable('dead_letters').set({ died_at: past }).execute()
  await waitFor(async () => (await rates()).length > 1, 'the end of the failures')
  expect(await rates()).toMatchObject([
    { type: 'error_rate.exceeded', data: { failuresPerMinute: expect.any(Number), threshold: 3 } },
    {
      type: 'error_rate.recovered',
      data: {
        failuresPerMinute: 0,
        threshold: 3,
        links: { groups: '/api/v1/dead-letters/groups?sort=count' },
      },
    },
  ])
}, 120_000)

test('without a webhook, the log tells', async () => {
  const own = await createDispatcherFixture()
  const { die, alerts } = await watchFor(own)
  const quiet = await own.startDispatcher()
  await die('quiet-1')
  await quiet.waitForLog((line) => line['event'] === 'group.new' && line['title'] === 'Error: quiet-1')
  expect(await alerts()).toEqual([])
}, 60_000)
