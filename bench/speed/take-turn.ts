import type { Contestant, Turn } from './contestant.ts'
import { readUsage, type Usage } from './read-usage.ts'
import type { BenchEngines } from './start-bench-engines.ts'

/** Brings a contestant up, lets it do its work once, measured, and takes it down. */
export async function takeTurn(
  contestant: Contestant,
  { engines, count }: { readonly engines: BenchEngines; readonly count: number },
): Promise<Turn> {
  const prepared = await contestant.prepare(engines)
  try {
    const named = new Map([...(prepared.processes ?? []), [process.pid, 'this client']])
    const before = readUsage(named, engines.folder)
    const startedAt = performance.now()
    await prepared.work(count)
    const ms = performance.now() - startedAt
    return { count, ms, cpuMs: difference(before, readUsage(named, engines.folder)) }
  } finally {
    await prepared.close()
  }
}

function difference(
  before: Readonly<Record<string, Usage>>,
  after: Readonly<Record<string, Usage>>,
): Readonly<Record<string, number>> {
  const used = Object.entries(after).map(
    ([name, { cpuMs }]) => [name, cpuMs - (before[name]?.cpuMs ?? 0)] as const,
  )
  return Object.fromEntries(used.filter(([, ms]) => ms > 0))
}
