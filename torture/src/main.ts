// Breaks everything around a real load, and checks that no promise was broken.
//   npm run torture -- [--minutes 2] [--seed N] [--rate 20] [--only fault,fault] [--each]
//     [--broker 3.10|4.3] [--cluster 3] [--postgres 15|18] [--json file] [--keep]
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { REPOSITORY_FOLDER, testCleanup } from '@redrive/shared/testing'
import { readOptions } from './options.ts'
import { isClean, printReport } from './report.ts'
import { runTorture } from './run-torture.ts'

const options = readOptions(process.argv.slice(2))
const folder = join(REPOSITORY_FOLDER, '.redrive/torture', `${options.seed}-${process.pid}`)
const abort = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort())

try {
  const onProgress = (text: string): void => console.error(text)
  const report = await runTorture({ ...options, folder, signal: abort.signal, onProgress })
  console.log(printReport(report))
  if (options.json !== null) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
  process.exitCode = isClean(report) ? 0 : 1
  if (isClean(report) && !options.keep) rmSync(folder, { recursive: true, force: true })
  else console.log(`\nHistory, logs and report are in ${folder}.`)
} catch (error) {
  if (!abort.signal.aborted) throw error
  console.error(`Broken off. What there was is in ${folder}.`)
  process.exitCode = 130
} finally {
  await testCleanup()
}
