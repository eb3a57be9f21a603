import type { Contestant, Turn } from './contestant.ts'
import { readCpuMs } from './read-cpu-ms.ts'

/** Brings a contestant up, lets it do its work once, measured, and takes it down. */
export async function takeTurn(
  contestant: Contestant,
  { folder, count }: { readonly folder: string; readonly count: number },
): Promise<Turn> {
  const prepared = await contestant.prepare()
  try {
    const named = new Map([...(prepared.processes ?? []), [process.pid, 'this client']])
    const before = readCpuMs(named, folder)
    const startedAt = performance.now()
    await prepared.work(count)
    const ms = performance.now() - startedAt
    return { count, ms, cpuMs: difference(before, readCpuMs(named, folder)) }
  } finally {
    await prepared.close()
  }
}

function difference(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const used = Object.entries(after).map(([name, ms]) => [name, ms - (before[name] ?? 0)] as const)
  return Object.fromEntries(used.filter(([, ms]) => ms > 0))
}
