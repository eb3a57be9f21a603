import { expect, test } from '@jest/globals'
import type { Evidence } from './check/evidence.ts'
import { knowNothing } from './load/known.ts'
import { createReport, isClean, printReport, type Report } from './report.ts'
import { tabulateRuns } from './tabulate-runs.ts'

const ID = '01890000-0000-7000-8000-000000000001'
const NOTHING: Evidence = {
  known: knowNothing(),
  history: [],
  tasks: new Map(),
  openIds: new Set(),
  attempts: [],
  deadLetters: [],
  audit: [],
  runs: [],
  queues: [],
  processes: [],
  unready: [],
  injections: [
    { fault: 'kill-api', madeAtMs: 1_000, healedAtMs: 2_000, recoveredAfterMs: 3_000, isHindered: false },
    { fault: 'kill-api', madeAtMs: 9_000, healedAtMs: 9_500, recoveredAfterMs: 1_000, isHindered: false },
    { fault: 'kill-api', madeAtMs: 11_000, healedAtMs: 11_000, recoveredAfterMs: 0, isHindered: true },
  ],
}

function reportOn(changes: Partial<Evidence>): Report {
  return createReport({
    command: 'npm run torture -- --seed 7',
    seed: 7,
    versions: { RabbitMQ: '3.10.8', Postgres: '18.4' },
    machine: '2 cores under a load of 1.0',
    leftOut: [{ fault: 'lose-majority', needs: 'a cluster' }],
    evidence: { ...NOTHING, ...changes },
    quietAfterMs: 1,
  })
}

test('a run in which nothing was broken says so, how long each fault took to heal, and what was left out', () => {
  const report = reportOn({})
  expect(isClean(report)).toBe(true)
  const printed = printReport(report)
  expect(printed).toContain('npm run torture -- --seed 7')
  expect(printed).toContain('| kill-api | 2 | 0 | 0 | 0 | 2.0 s | 3.0 s |')
  expect(printed).toContain('hindered by another fault: kill-api, 1 times')
  expect(printed).toContain('left out: lose-majority, which needs a cluster')
  expect(printed).toContain('Nothing was lost')
})

test('several runs make one line each, and one for each fault over all of them', () => {
  const lines = tabulateRuns([reportOn({}), reportOn({})]).split('\n')
  expect(lines[2]).toBe('| `--seed 7` | 3.10.8 | 18.4 | 2 | 0 | 0 | 0 | 0 |')
  expect(lines[3]).toBe(lines[2])
  expect(lines.at(-1)).toBe('| kill-api | 4 | 0 | 0 | 0 | 2.0 s | 3.0 s |')
})

test('a lost task breaks the report, is named in it, and counts for the fault that it met', () => {
  const submission = { op: 'op-1', type: 'torture.fast', count: 1, key: null, askedAtMs: 1_500 } as const
  const known = { ...knowNothing(), submissions: [{ ...submission, ids: [ID], outcome: 'ok' as const }] }
  const report = reportOn({ known })
  expect(isClean(report)).toBe(false)
  const printed = printReport(report)
  expect(printed).toContain('| kill-api | 2 | 1 | 0 |')
  expect(printed).toContain(`lost: ${ID} of op-1`)
  expect(printed).not.toContain('Nothing was lost')
})
