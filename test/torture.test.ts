import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { REPOSITORY_FOLDER } from '@redrive/shared/testing'

/** A few of all faults: one of each family, chosen to fit into a minute. */
const FAULTS = [
  'kill-worker-process',
  'kill-api',
  'purge-lane-queue',
  'erase-rabbitmq',
  'end-backends',
  'foreign-messages',
]

interface Ended {
  readonly status: number | null
  readonly output: string
}

function torture(args: readonly string[]): Promise<Ended> {
  const main = join(REPOSITORY_FOLDER, 'torture/src/main.ts')
  const child = spawn(process.execPath, ['--conditions=redrive:source', main, ...args], {
    cwd: REPOSITORY_FOLDER,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (output += text.toString()))
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, output })))
}

test('a short torture with a fixed seed loses nothing and ends nothing twice', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'redrive-torture-')), 'report.json')
  const args = ['--minutes', '0.5', '--seed', '4', '--rate', '15', '--only', FAULTS.join(','), '--json', file]
  const { status, output } = await torture(args)
  expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining('Nothing was lost') })
  const report = JSON.parse(readFileSync(file, 'utf8'))
  expect(report.totals.accepted).toBeGreaterThan(100)
  expect(report.faults.length).toBeGreaterThan(0)
}, 400_000)

test('an option that cannot be meant is refused by its name', async () => {
  const { status, output } = await torture(['--minutes', 'soon'])
  expect({ status, output }).toEqual({
    status: 1,
    output: expect.stringContaining('--minutes must be a number from'),
  })
})
