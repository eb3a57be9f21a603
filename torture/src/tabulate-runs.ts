import type { FaultLine, Report } from './report.ts'
import { tabulateFaults } from './tabulate-faults.ts'

const HEAD = [
  '| run | RabbitMQ | Postgres | faults made | accepted | lost | ended twice | other violations |',
  '|---|---|---|---|---|---|---|---|',
]

/** Several reports as two Markdown tables: a line for each run, and one for each fault over all of them. Pure. */
export function tabulateRuns(reports: readonly Report[]): string {
  return [...HEAD, ...reports.map(lineOf), '', ...tabulateFaults(addUp(reports))].join('\n')
}

function lineOf({ command, versions, faults, totals, violations }: Report): string {
  const made = faults.reduce((sum, { times }) => sum + times, 0)
  const brokenIn = (isCounted: (invariant: string) => boolean): number =>
    violations.reduce((sum, { invariant, found }) => sum + (isCounted(invariant) ? found.length : 0), 0)
  const endedTwice = brokenIn((invariant) => invariant === 'I2')
  const others = brokenIn((invariant) => invariant !== 'I1' && invariant !== 'I2')
  const options = command.replace('npm run torture -- ', '')
  const lost = Math.max(
    totals['lost'] ?? 0,
    brokenIn((invariant) => invariant === 'I1'),
  )
  return `| \`${options}\` | ${versions['RabbitMQ']} | ${versions['Postgres']} | ${made} | ${totals['accepted']} | ${lost} | ${endedTwice} | ${others} |`
}

function addUp(reports: readonly Report[]): readonly FaultLine[] {
  const byName = Map.groupBy(
    reports.flatMap(({ faults }) => faults),
    ({ fault }) => fault,
  )
  const names = [...byName.keys()].toSorted()
  return names.map((fault) => (byName.get(fault) ?? []).reduce(addTwo))
}

function addTwo(one: FaultLine, other: FaultLine): FaultLine {
  return {
    fault: one.fault,
    times: one.times + other.times,
    hindered: one.hindered + other.hindered,
    lost: one.lost + other.lost,
    endedTwice: one.endedTwice + other.endedTwice,
    others: one.others + other.others,
    recoveriesMs: [...one.recoveriesMs, ...other.recoveriesMs].toSorted((a, b) => a - b),
    unrecovered: one.unrecovered + other.unrecovered,
  }
}
