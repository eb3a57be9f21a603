import { blame, type Blame } from './check/blame.ts'
import type { Evidence } from './check/evidence.ts'
import { INVARIANTS } from './check/invariants.ts'
import type { Injection } from './nemesis.ts'
import { tabulateFaults } from './tabulate-faults.ts'

export interface Report {
  readonly command: string
  readonly seed: number
  readonly versions: Readonly<Record<string, string>>
  /** Times mean little where more wants to run than there are cores. */
  readonly machine: string
  readonly faults: readonly FaultLine[]
  /** What was not made, and what it would take. */
  readonly leftOut: readonly { readonly fault: string; readonly needs: string }[]
  readonly totals: Readonly<Record<string, number>>
  readonly violations: readonly {
    readonly invariant: string
    readonly promise: string
    readonly found: readonly string[]
  }[]
}

export interface FaultLine extends Blame {
  readonly fault: string
  /** How often it was made, and how often it could not be, because another one was in its way. */
  readonly times: number
  readonly hindered: number
  /** Of each time that was seen, the quickest first. */
  readonly recoveriesMs: readonly number[]
  readonly unrecovered: number
}

export interface ReportParts extends Pick<Report, 'command' | 'seed' | 'versions' | 'machine' | 'leftOut'> {
  readonly evidence: Evidence
  readonly quietAfterMs: number
}

/** Judges the evidence. Pure. */
export function createReport({ evidence, quietAfterMs, ...kept }: ReportParts): Report {
  const violations = INVARIANTS.map((one) => ({
    invariant: one.id,
    promise: one.promise,
    found: one.violations(evidence),
  }))
  const lines = violations.flatMap(({ found }) => found)
  return {
    ...kept,
    faults: summarize(evidence.injections, blame({ ...evidence, lines })),
    totals: { ...count(evidence), quietAfterMs },
    violations,
  }
}

export function isClean({ violations }: Report): boolean {
  return violations.every(({ found }) => found.length === 0)
}

/** How many lines of one invariant are printed; the file has them all. */
const SHOWN = 10

/** The report as a person reads it. */
export function printReport(report: Report): string {
  const { faults, totals, violations, leftOut } = report
  const found = violations.map(({ invariant, promise, found: broken }) =>
    [
      `${invariant} ${promise}: ${broken.length === 0 ? 'holds' : `${broken.length} VIOLATIONS`}`,
      ...broken.slice(0, SHOWN).map((line) => `    ${line}`),
    ].join('\n'),
  )
  return [
    report.command,
    [...Object.entries(report.versions).map(([name, version]) => `${name} ${version}`), report.machine].join(
      ', ',
    ),
    '',
    ...tabulateFaults(faults),
    ...faults
      .filter(({ hindered }) => hindered > 0)
      .map(({ fault, hindered }) => `hindered by another fault: ${fault}, ${hindered} times`),
    ...leftOut.map(({ fault, needs }) => `left out: ${fault}, which needs ${needs}`),
    '',
    Object.entries(totals)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
    '',
    ...found,
    '',
    isClean(report) ? 'Nothing was lost, and nothing ended twice.' : 'BROKEN PROMISES: see above.',
  ].join('\n')
}

function summarize(
  injections: readonly Injection[],
  blamed: ReadonlyMap<string, Blame>,
): readonly FaultLine[] {
  return [...Map.groupBy(injections, ({ fault }) => fault)].map(([fault, some]) => {
    const made = some.filter(({ isHindered }) => !isHindered)
    const recoveries = made.map(({ recoveredAfterMs }) => recoveredAfterMs).filter((time) => time !== null)
    return {
      fault,
      times: made.length,
      hindered: some.length - made.length,
      ...(blamed.get(fault) ?? { lost: 0, endedTwice: 0, others: 0 }),
      recoveriesMs: recoveries.toSorted((a, b) => a - b),
      unrecovered: made.length - recoveries.length,
    }
  })
}

function count({ known, tasks, attempts, audit, deadLetters }: Evidence): Readonly<Record<string, number>> {
  const accepted = known.submissions.flatMap(({ ids }) => ids ?? [])
  const acceptedIds = new Set(accepted)
  const states = Object.fromEntries(
    ['succeeded', 'failed', 'cancelled', 'expired'].map((state) => [
      state,
      [...tasks.values()].filter((task) => task.state === state).length,
    ]),
  )
  return {
    submissions: known.submissions.length,
    accepted: acceptedIds.size,
    lost: accepted.filter((id) => !tasks.has(id)).length,
    // Of submissions whose client was never told.
    recovered: [...tasks.keys()].filter((id) => !acceptedIds.has(id)).length,
    ...states,
    attempts: attempts.length,
    attemptsLost: attempts.filter(({ outcome }) => outcome === 'lost').length,
    deadLetters: deadLetters.length,
    redriven: audit.filter(({ action }) => action === 'dead_letter.redriven').length,
    recalled: audit.filter(({ action }) => action === 'dead_letter.recalled').length,
    refused: known.refusals.length,
  }
}
