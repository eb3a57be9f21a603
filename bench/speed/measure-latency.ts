import { setTimeout as delay } from 'node:timers/promises'
import { type RedriveServices, startRedrive } from './redrive-services.ts'

export interface Latency {
  readonly perSecond: number
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly worstMs: number
}

const WARM_UP_MS = 2_000
const TASK = JSON.stringify({ type: 'math.add', input: { a: 2, b: 3 } })

/**
 * From before a task's submission until its stored result is in the client's hands, by a request that waits for it, with
 * so many beginning each second, evenly, for so long. Milliseconds.
 */
export async function measureLatencies(
  rates: readonly number[],
  { durationMs }: { readonly durationMs: number },
): Promise<readonly Latency[]> {
  const services = await startRedrive()
  try {
    await sendEvenly(services, { perSecond: 50, durationMs: WARM_UP_MS })
    const measured: Latency[] = []
    for (const perSecond of rates) {
      const times = await sendEvenly(services, { perSecond, durationMs })
      measured.push(summarize(perSecond, times))
    }
    return measured
  } finally {
    await services.close()
  }
}

async function sendEvenly(
  services: RedriveServices,
  { perSecond, durationMs }: { readonly perSecond: number; readonly durationMs: number },
): Promise<readonly number[]> {
  const startedAt = performance.now()
  const count = Math.round((perSecond * durationMs) / 1_000)
  const flights: Promise<number>[] = []
  while (flights.length < count) {
    const due = Math.min(count, Math.floor(((performance.now() - startedAt) * perSecond) / 1_000))
    while (flights.length < due) flights.push(begin(services))
    await delay(1)
  }
  return await Promise.all(flights)
}

/** One that fails is heard of when all are awaited, and not as a rejection that nobody handles before. */
function begin(services: RedriveServices): Promise<number> {
  const flight = fly(services)
  flight.catch(() => {})
  return flight
}

async function fly({ apiUrl, headers }: RedriveServices): Promise<number> {
  const startedAt = performance.now()
  const accepted = await fetch(`${apiUrl}/api/v1/tasks`, { method: 'POST', headers, body: TASK })
  if (accepted.status !== 202) throw new Error(`${accepted.status}: ${await accepted.text()}`)
  const { id } = (await accepted.json()) as { readonly id: string }
  const waiting = { headers: { ...headers, prefer: 'wait=30' } }
  const answer = await fetch(`${apiUrl}/api/v1/tasks/${id}/result`, waiting)
  await answer.arrayBuffer()
  if (answer.status !== 200) throw new Error(`a result was not there after 30 s: ${answer.status}`)
  return performance.now() - startedAt
}

function summarize(perSecond: number, times: readonly number[]): Latency {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return {
    perSecond,
    count: sorted.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    worstMs: sorted.at(-1) ?? 0,
  }
}
