import { expect, test } from '@jest/globals'
import { parseDeadLetterFilter } from '@redrive/shared/filter'
import { REPOSITORY_FOLDER } from '@redrive/shared/testing'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { KEY, startApi } from './api-under-test.ts'

const page = readFileSync(join(REPOSITORY_FOLDER, 'docs/search.md'), 'utf8')
const commands = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, command = '']) => command)

test('every command of the page on search runs and is answered with a page', async () => {
  const api = await startApi()
  expect(commands.length).toBeGreaterThan(3)
  for (const command of commands) {
    const child = spawn('bash', ['-c', command], {
      env: { ...process.env, API_URL: api.url, ADMIN_API_KEY: KEY },
    })
    const output = await text(child.stdout)
    expect([command, JSON.parse(output || '"refused"')]).toEqual([command, { items: [], nextCursor: null }])
  }
}, 60_000)

test('the filter of a body on the page is one', () => {
  const [, body = ''] = /^```json\n(.*?)^```$/ms.exec(page) ?? []
  expect(parseDeadLetterFilter(JSON.parse(body).filter)).toMatchObject({
    filter: { attempts: { atLeast: 3 } },
  })
})
