// Writes the parts of the documentation that are made from the code; with --check only compares them.
// --into names another folder than the repository, for tests.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { brokerTopology } from './docs/broker-topology.ts'
import { configuration } from './docs/configuration.ts'
import { crashWindows } from './docs/crash-windows.ts'
import { envExample } from './docs/env-example.ts'
import { errors } from './docs/errors.ts'
import { events } from './docs/events.ts'
import { overload } from './docs/overload.ts'
import { retries } from './docs/retries.ts'
import { search } from './docs/search.ts'
import { taskLifecycle } from './docs/task-lifecycle.ts'

const DOCUMENTS = [
  brokerTopology,
  configuration,
  crashWindows,
  envExample,
  errors,
  events,
  overload,
  retries,
  search,
  taskLifecycle,
]

const { values: options } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    into: { type: 'string', default: fileURLToPath(new URL('..', import.meta.url)) },
  },
})

const changed = DOCUMENTS.flatMap((document) => {
  const { path } = document
  const file = join(options.into, path)
  const current = existsSync(file) ? readFileSync(file, 'utf8') : null
  const text = document.render(current)
  return text === current ? [] : [{ path, file, text }]
})

if (options.check) reportStale()
else writeChanged()

function reportStale(): void {
  for (const { path } of changed) console.error(`${path} does not match the code. Run: npm run docs`)
  if (changed.length > 0) process.exitCode = 1
}

function writeChanged(): void {
  for (const { path, file, text } of changed) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    console.log(`wrote ${path}`)
  }
}
