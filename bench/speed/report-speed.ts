import type { Contestant, Turn } from './contestant.ts'
import type { Latency } from './measure-latency.ts'

export interface Line {
  readonly name: string
  readonly what: string
  /** Units per second in each round. */
  readonly rates: readonly number[]
  readonly medianRate: number
  /** Processor time per unit in microseconds, by process, of the round in the middle. */
  readonly cpuUs: Readonly<Record<string, number>>
}

export interface Ratio {
  readonly name: string
  readonly of: string
  /** Of the medians. */
  readonly ratio: number
}

export interface SpeedReport {
  readonly machine: string
  readonly lines: readonly Line[]
  readonly ratios: readonly Ratio[]
  readonly latencies: readonly Latency[]
}

/** What is compared with what. */
const COMPARED = [
  ['Redrive, bulk', 'the limit'],
  ['Redrive, bulk, released', 'the limit'],
  ['Redrive, single', 'bare Koa'],
] as const

export function lineOf({ name, what }: Contestant, turns: readonly Turn[]): Line {
  const sorted = turns.toSorted((a, b) => rateOf(a) - rateOf(b))
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined) throw new Error(`${name} took no turn`)
  return {
    name,
    what,
    rates: turns.map(rateOf),
    medianRate: rateOf(middle),
    cpuUs: Object.fromEntries(
      Object.entries(middle.cpuMs).map(([process, ms]) => [process, (ms * 1_000) / middle.count]),
    ),
  }
}

/** Only between those that took part. */
export function ratiosOf(lines: readonly Line[]): readonly Ratio[] {
  const rates = new Map(lines.map(({ name, medianRate }) => [name, medianRate]))
  return COMPARED.flatMap(([name, of]) => {
    const [rate, other] = [rates.get(name), rates.get(of)]
    return rate === undefined || other === undefined ? [] : [{ name, of, ratio: rate / other }]
  })
}

export function printSpeed({ machine, lines, ratios, latencies }: SpeedReport): string {
  return [
    machine,
    '',
    '| | per second, median | least | most | processor per unit |',
    '|---|---|---|---|---|',
    ...lines.map(
      ({ name, medianRate, rates, cpuUs }) =>
        `| ${name} | ${whole(medianRate)} | ${whole(Math.min(...rates))} | ${whole(Math.max(...rates))} | ${printCpu(cpuUs)} |`,
    ),
    '',
    ...ratios.map(({ name, of, ratio }) => `${name}: ${ratio.toFixed(2)} of ${of}`),
    ...(latencies.length === 0
      ? []
      : [
          '',
          '| tasks per second | p50 | p99 | worst |',
          '|---|---|---|---|',
          ...latencies.map(printLatency),
        ]),
    '',
    ...lines.map(({ name, what }) => `${name}: ${what}.`),
  ].join('\n')
}

function printLatency({ perSecond, p50Ms, p99Ms, worstMs }: Latency): string {
  return `| ${perSecond} | ${p50Ms.toFixed(1)} ms | ${p99Ms.toFixed(1)} ms | ${worstMs.toFixed(1)} ms |`
}

function printCpu(cpuUs: Readonly<Record<string, number>>): string {
  return Object.entries(cpuUs)
    .toSorted(([, a], [, b]) => b - a)
    .map(([process, us]) => `${process} ${Math.round(us)} µs`)
    .join(', ')
}

function rateOf({ count, ms }: Turn): number {
  return (count / ms) * 1_000
}

function whole(rate: number): string {
  return Math.round(rate).toLocaleString('en')
}
