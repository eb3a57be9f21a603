import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeAll, expect, test } from '@jest/globals'
import { REPOSITORY_FOLDER } from '@redrive/shared/testing'
import type { ApiClient } from './harness/api-client.ts'
import { ADMIN_API_KEY, startCluster } from './harness/start-cluster.ts'

let client: ApiClient

beforeAll(async () => {
  const cluster = await startCluster()
  const [api] = await Promise.all([cluster.startApi(), cluster.start('dispatcher'), cluster.start('worker')])
  client = api.client
}, 60_000)

async function runExample(name: string, count: number): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [join(REPOSITORY_FOLDER, 'examples', name), String(count)], {
    env: { API_URL: client.url, ADMIN_API_KEY },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return { code, output }
}

test('the additions of the README are accepted at once and all right', async () => {
  const { code, output } = await runExample('additions.mjs', 500)
  expect(code).toBe(0)
  expect(output).toContain('500 of 500 sums are right')
}, 60_000)

test('the failing tasks of the README die, are explained, and succeed when they are redriven', async () => {
  const { code, output } = await runExample('fail-and-redrive.mjs', 100)
  expect(code).toBe(0)
  expect(output).toContain('now 100 of 100 have succeeded')
  expect(output).toContain('failed for good')
}, 60_000)
