// Puts the reports of several runs into two tables.
//   npm run torture:table -- report.json report.json ...
import { readFileSync } from 'node:fs'
import type { Report } from './report.ts'
import { tabulateRuns } from './tabulate-runs.ts'

const files = process.argv.slice(2)
if (files.length === 0) {
  console.error('Name the files that npm run torture -- --json wrote.')
  process.exitCode = 2
} else {
  console.log(tabulateRuns(files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Report)))
}
