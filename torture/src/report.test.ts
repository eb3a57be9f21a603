import { expect, test } from '@jest/globals'
import type { Evidence } from './check/evidence.ts'
import { knowNothing } from './load/known.ts'
import { createReport, isClean, printReport, type Report } from './report.ts'

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
    { fault: 'kill-api', madeAtMs: 1_000, healedAtMs: 2_000, recoveredAfterMs: 3_000 },
    { fault: 'kill-api', madeAtMs: 9_000, healedAtMs: 9_500, recoveredAfterMs: 1_000 },
  ],
}

function reportOn(changes: Partial<Evidence>): Report {
  return createReport({
    command: 'npm run torture -- --seed 7',
    seed: 7,
    versions: { RabbitMQ: '3.10.8' },
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
  expect(printed).toContain('| kill-api | 2 | 0 | 0 | 0 | 3.0 s | 3.0 s |')
  expect(printed).toContain('left out: lose-majority, which needs a cluster')
  expect(printed).toContain('Nothing was lost')
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
