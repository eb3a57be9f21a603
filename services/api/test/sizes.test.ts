import { beforeAll, describe, expect, test } from '@jest/globals'
import { type ApiUnderTest, type Called, startApi } from './api-under-test.ts'
import { workByHand } from './worker-by-hand.ts'

let api: ApiUnderTest

beforeAll(async () => {
  // The heap that Node gives itself in a container of 512 MB.
  api = await startApi({ NODE_OPTIONS: '--max-old-space-size=256' })
}, 30_000)

const TASKS = '/api/v1/tasks'
const MIB = 1_048_576

const submitBulk = (body: unknown): Promise<Called> => api.call('POST', `${TASKS}/bulk`, { body })

describe('an answer about a hostile body stays small', () => {
  test('with a hundred faults below a name of megabytes', async () => {
    const faults = Array(200).fill('"\\u0000"').join(',')
    const { status, text } = await submitBulk(
      `[{"type":"demo.work","input":{"${'k'.repeat(2 * MIB)}":[${faults}]}}]`,
    )
    expect(status).toBe(422)
    expect(text.length).toBeLessThan(100_000)
  })

  test('with unknown names of a hundred kilobytes', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `"${'n'.repeat(100_000)}${index}":1`)
    for (const body of [
      `[{${names.join()}}]`,
      `[{"type":"math.add","input":{${names.slice(0, 2).join()}}}]`,
    ]) {
      const { status, text } = await submitBulk(body)
      expect(status).toBe(422)
      expect(text.length).toBeLessThan(50_000)
    }
  })

  test('with an input that is too large, which no schema is asked about', async () => {
    const names = Array.from({ length: 200_000 }, (_, index) => `"k${index}":1`)
    const { json } = await submitBulk(`[{"type":"math.add","input":{${names.join()}}}]`)
    expect(json.errors).toEqual([
      {
        index: 0,
        path: '/input',
        message: 'expected at most 262144 bytes of JSON',
        expected: expect.any(String),
      },
    ])
  })
})

describe('a page of large rows', () => {
  /** Compressible, so that a size on disk says nothing. */
  const large = { type: 'demo.work', input: 'x'.repeat(250_000), tags: ['large'] }

  async function pages(path: string): Promise<Called[]> {
    const found: Called[] = []
    for (let cursor = ''; ;) {
      const page = await api.call('GET', `${path}${cursor}`)
      found.push(page)
      if (page.json.nextCursor === null) return found
      cursor = `&cursor=${page.json.nextCursor}`
    }
  }

  test('ends early with a cursor, and the pages together have every row once', async () => {
    const { json } = await submitBulk(Array.from({ length: 60 }, () => large))
    const found = await pages(`${TASKS}?tag=large&limit=1000`)
    expect(found).toHaveLength(2)
    for (const { text } of found) expect(text.length).toBeLessThan(9 * MIB)
    const ids = found.flatMap((page) => page.json.items.map(({ id }: { id: string }) => id))
    expect(ids).toEqual(json.ids.toReversed())
  })

  test('is the same for results, dead letters and what waits in a queue', async () => {
    const worker = await workByHand(api.db)
    const submitLarge = async (): Promise<string> =>
      (await api.call('POST', TASKS, { body: { ...large, lane: 'low' } })).json.id
    for (let count = 0; count < 36; count += 1) await worker.succeed(await submitLarge(), 'r'.repeat(250_000))
    for (let count = 0; count < 36; count += 1) await worker.fail(await submitLarge())
    for (let count = 0; count < 36; count += 1) await submitLarge()
    for (const path of ['/api/v1/results?limit=1000', '/api/v1/dead-letters?limit=1000']) {
      const found = await pages(path)
      expect(found).toHaveLength(2)
      expect(found.flatMap((page) => page.json.items)).toHaveLength(36)
      for (const { text } of found) expect(text.length).toBeLessThan(9 * MIB)
    }
    for (const queue of ['low', 'error']) {
      const { json, text } = await api.call('GET', `/api/v1/queues/${queue}/tasks?limit=1000`)
      expect(text.length).toBeLessThan(9 * MIB)
      expect(json.items.length).toBeGreaterThan(30)
    }
  }, 30_000)
})

test('a body of millions of empty values is refused before it takes their memory', async () => {
  const { status, json } = await submitBulk(`[${'{},'.repeat(5_000_000)}{}]`)
  expect([status, json.code]).toEqual([413, 'BODY_TOO_LARGE'])
})

test('very many large bodies at once take bounded memory, and each is accepted or told to come again', async () => {
  const body = JSON.stringify(
    Array.from({ length: 64 }, () => ({ type: 'demo.work', input: 'y'.repeat(250_000), delayMs: 60_000 })),
  )
  const answers = await Promise.all(Array.from({ length: 30 }, () => submitBulk(body)))
  expect(new Set(answers.map(({ status }) => status))).toContain(202)
  for (const { status, json, headers } of answers) {
    if (status === 202) continue
    expect([status, json.code]).toEqual([503, 'SERVER_BUSY'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  }
  const metrics = await (await fetch(`${api.operationsUrl}/metrics`)).text()
  const resident = Number(/^process_resident_memory_bytes\S* (\S+)/m.exec(metrics)?.[1])
  expect(resident).toBeLessThan(800 * MIB)
}, 120_000)
