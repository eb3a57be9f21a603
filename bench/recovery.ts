// Measures how long it takes until work goes on after each of the usual losses, with services of their own at their
// default settings.
//   npm run bench:recovery -- [--rounds 5] [--only "worker process killed"] [--list]
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { testCleanup } from '@redrive/shared/testing'
import { RECOVERY_CASES, type RecoveryCase } from './recovery/recovery-cases.ts'
import { setUpRecovery } from './recovery/recovery-stage.ts'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    list: { type: 'boolean', default: false },
  },
})

interface Measured extends RecoveryCase {
  readonly times: readonly number[]
}

// Whoever breaks it off leaves no engine behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void testCleanup().finally(() => process.exit(1)))

const chosen = RECOVERY_CASES.filter(({ name }) => name.includes(options.only))
if (options.list) for (const { name } of RECOVERY_CASES) console.log(name)
else await measure()

async function measure(): Promise<void> {
  try {
    const stage = await setUpRecovery()
    const measured: Measured[] = []
    for (const one of chosen) {
      const times: number[] = []
      for (let round = 1; round <= Number(options.rounds); round += 1) {
        times.push(...(await one.measure(stage)))
        console.error(`${one.name}, round ${round}: ${times.map(seconds).join(' ')}`)
      }
      measured.push({ ...one, times })
    }
    print(measured)
  } finally {
    await testCleanup()
  }
}

function print(measured: readonly Measured[]): void {
  const [cpu] = cpus()
  console.log(
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpu?.model}, Node ${process.version}\n`,
  )
  console.log('| loss | seconds until | n | median | worst |\n|---|---|---|---|---|')
  for (const { name, until, times } of measured) {
    const sorted = times.toSorted((a, b) => a - b)
    const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
    const worst = sorted.at(-1) ?? Number.NaN
    console.log(`| ${name} | ${until} | ${sorted.length} | ${seconds(median)} | ${seconds(worst)} |`)
  }
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1)
}
