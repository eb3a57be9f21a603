// Measures what a task costs, beside the engines alone and the shortest code that keeps the protocol.
//   npm run bench -- [--rounds 3] [--tasks 20000] [--only "the limit" --only "Redrive, bulk"] [--latency 10,100] [--json file]
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { testCleanup } from '@redrive/shared/testing'
import type { Contestant, Turn } from './speed/contestant.ts'
import { limit } from './speed/limit.ts'
import { measureLatencies } from './speed/measure-latency.ts'
import { rawBroker } from './speed/raw-broker.ts'
import { rawLedger } from './speed/raw-ledger.ts'
import { redriveBulk, redriveReleased } from './speed/redrive-bulk.ts'
import { lineOf, printSpeed, ratiosOf, type SpeedReport } from './speed/report-speed.ts'
import { bareKoa, redriveSingle } from './speed/single-posts.ts'
import { startBenchEngines } from './speed/start-bench-engines.ts'
import { takeTurn } from './speed/take-turn.ts'

const CONTESTANTS: readonly Contestant[] = [
  rawBroker,
  rawLedger,
  limit,
  redriveBulk,
  redriveReleased,
  bareKoa,
  redriveSingle,
]
const LATENCY_MS = 10_000

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    tasks: { type: 'string', default: '20000' },
    only: { type: 'string', multiple: true },
    latency: { type: 'string', default: '10,100,1000' },
    json: { type: 'string' },
  },
})

// Whoever breaks it off leaves no engine behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void testCleanup().finally(() => process.exit(1)))

try {
  const report = await measure()
  console.log(printSpeed(report))
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
} finally {
  await testCleanup()
}

/** In turns, so that a machine that slows down meanwhile slows all of them down. */
async function measure(): Promise<SpeedReport> {
  const folder = await startBenchEngines()
  const chosen = CONTESTANTS.filter(({ name }) => options.only?.includes(name) ?? true)
  const turns = new Map<Contestant, Turn[]>(chosen.map((contestant) => [contestant, []]))
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    for (const [contestant, taken] of turns) {
      const turn = await takeTurn(contestant, { folder, count: Number(options.tasks) })
      taken.push(turn)
      console.error(`round ${round}: ${contestant.name}, ${Math.round((turn.count / turn.ms) * 1_000)}/s`)
    }
  }
  const rates = options.latency.split(',').filter(Boolean).map(Number)
  const latencies = rates.length === 0 ? [] : await measureLatencies(rates, { durationMs: LATENCY_MS })
  const lines = [...turns].map(([contestant, taken]) => lineOf(contestant, taken))
  const [cpu] = cpus()
  const machine = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpu?.model}, Node ${process.version}`
  return { machine, lines, ratios: ratiosOf(lines), latencies }
}
