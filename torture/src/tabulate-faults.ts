import type { FaultLine } from './report.ts'

const HEAD = [
  '| fault | times | lost | ended twice | other violations | recovered after, median | at worst |',
  '|---|---|---|---|---|---|---|',
]

/** A Markdown table with a line for each fault that was made. Pure. */
export function tabulateFaults(faults: readonly FaultLine[]): readonly string[] {
  const made = faults.filter(({ times }) => times > 0)
  return [...HEAD, ...made.map(lineOf)]
}

function lineOf({ fault, times, lost, endedTwice, others, recoveriesMs, unrecovered }: FaultLine): string {
  const worst = unrecovered > 0 ? 'not seen' : seconds(recoveriesMs.at(-1))
  return `| ${fault} | ${times} | ${lost} | ${endedTwice} | ${others} | ${seconds(medianOf(recoveriesMs))} | ${worst} |`
}

/** Of sorted numbers: the middle one, or the mean of the two. */
function medianOf(sorted: readonly number[]): number | undefined {
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '' : `${(ms / 1_000).toFixed(1)} s`
}
