import { expect, test } from '@jest/globals'
import { type SpawnedService, waitFor } from '@redrive/shared/testing'
import { callApi, type Called, startApi } from './api-under-test.ts'
import { startBehindProxies } from './start-behind-proxies.ts'

const addition = { type: 'math.add', input: { a: 2, b: 3 } }
const submitTo = (url: string): Promise<Called> => callApi(url, 'POST /api/v1/tasks', { body: addition })
const listOf = (url: string): Promise<Called> => callApi(url, 'GET /api/v1/tasks')
const countEvents = ({ logs }: SpawnedService, event: string): number =>
  logs.filter((line) => line['event'] === event).length

function expectShed({ status, json, headers }: Called): void {
  expect([status, json.code]).toEqual([503, 'SERVER_BUSY'])
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
}

test('of many more requests than may be worked on, the rest is refused, other kinds are not, and all are taken later', async () => {
  const { postgres, start, db } = await startBehindProxies({ MAX_REQUESTS: '8', SHED_POOL_WAIT_MS: '60000' })
  const { apiUrl, operationsUrl } = await start().waitForReady()
  const url = apiUrl ?? ''
  // Known types are kept, so that what follows waits for the ledger's insert only.
  await submitTo(url)
  postgres.blackhole()
  const answers = await Promise.all([
    ...Array.from({ length: 80 }, () => submitTo(url)),
    callApi(url, 'GET /livez'),
    callApi(url, 'GET /openapi.json'),
  ])
  expect(answers.splice(-2).map(({ status }) => status)).toEqual([200, 200])
  const refused = answers.filter(({ json }) => json.code === 'SERVER_BUSY')
  expect(refused).toHaveLength(72)
  for (const answer of refused) expectShed(answer)
  const rest = answers.filter(({ json }) => json.code === 'DATABASE_UNAVAILABLE')
  expect(rest).toHaveLength(8)
  // A read does not find the places of submissions taken.
  expect((await listOf(url)).json.code).toBe('DATABASE_UNAVAILABLE')
  postgres.restore()
  await waitFor(async () => (await submitTo(url)).status === 202, 'a submission to be accepted')
  const metrics = await (await fetch(`${operationsUrl}/metrics`)).text()
  expect(metrics).toMatch(/redrive_requests_in_progress\{kind="submission",[^}]*\} 0/)
  // None of the refused ones was stored.
  expect((await db.selectFrom('tasks').select('id').execute()).length).toBeLessThanOrEqual(10)
}, 240_000)

test('a ledger that leaves requests waiting for a connection has submissions refused at once, then reads, never probes or commands, until it answers', async () => {
  const { postgres, start } = await startBehindProxies({
    DATABASE_POOL_SIZE: '3',
    SHED_POOL_WAIT_MS: '100',
  })
  const service = start()
  const { apiUrl } = await service.waitForReady()
  const url = apiUrl ?? ''
  const task = (await submitTo(url)).json
  postgres.blackhole()
  const reads = Promise.all(Array.from({ length: 10 }, () => listOf(url)))
  await service.waitForLog((line) => line['event'] === 'load.shed' && line['level'] === 2)
  expectShed(await submitTo(url))
  expectShed(await listOf(url))
  expect((await callApi(url, 'GET /livez')).status).toBe(200)
  const command = await callApi(url, `POST /api/v1/tasks/${task.id}/cancel`)
  expect(command.json.code).toBe('DATABASE_UNAVAILABLE')
  for (const { status } of await reads) expect(status).toBe(503)
  expect(countEvents(service, 'load.shed')).toBe(2)
  postgres.restore()
  await service.waitForLog((line) => line['event'] === 'load.taken', { deadlineMs: 60_000 })
  await waitFor(async () => (await submitTo(url)).status === 202, 'a submission to be accepted')
  expect((await listOf(url)).status).toBe(200)
}, 240_000)

test('an event loop that stands still again and again has submissions refused, and accepted when it runs', async () => {
  const api = await startApi({ SHED_LOOP_DELAY_MS: '300' })
  const answers: Called[] = []
  while (answers.at(-1)?.status !== 503 && answers.length < 60) {
    // To the loop, a process that is stopped and a handler that computes for so long are the same.
    process.kill(api.service.pid, 'SIGSTOP')
    const untilMs = performance.now() + 700
    const answer = submitTo(api.url)
    await waitFor(() => performance.now() > untilMs, 'the loop to have stood still')
    process.kill(api.service.pid, 'SIGCONT')
    answers.push(await answer)
  }
  const refused = answers.pop()
  expect(refused).toBeDefined()
  if (refused !== undefined) expectShed(refused)
  expect(answers.filter(({ status }) => status !== 202)).toEqual([])
  await api.service.waitForLog((line) => line['event'] === 'load.taken', { deadlineMs: 120_000 })
  await waitFor(async () => (await submitTo(api.url)).status === 202, 'a submission to be accepted')
}, 240_000)
