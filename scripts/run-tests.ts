import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  ENGINE_MARK,
  eraseEngines,
  folderHolder,
  PackagesUnavailableError,
  recordProcess,
  startEngines,
  stopRecorded,
} from '@redrive/engines'
import type { Engines, EngineVersions } from '@redrive/engines'
import { explainFailure } from './start/explain-failure.ts'
import { givenEngines } from './start/given-engines.ts'
import { progress } from './start/progress.ts'
import { onStopRequest } from './start/stop-requests.ts'
import { takeEngineFlags } from './test/engine-flags.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const OWN_FOLDER = join(ROOT, '.redrive')
const RUNS_FOLDER = join(OWN_FOLDER, 'tests')
/** How long interrupted tests may take to undo what they did. */
const INTERRUPTED_GRACE_MS = 5_000
/** No test was run, because an engine's packages could not be fetched. The name is sysexits', Jest has no such status. */
const EX_UNAVAILABLE = 69

let jest: ChildProcess | null = null
const abort = new AbortController()
let interruptedBy: string | null = null

onStopRequest({
  stop: (reason) => {
    interruptedBy = reason
    progress(`interrupted (${reason}); stopping`)
    abort.abort()
    signalJest('SIGTERM')
    setTimeout(() => signalJest('SIGKILL'), INTERRUPTED_GRACE_MS).unref()
  },
  insist: () => signalJest('SIGKILL'),
})

process.exitCode = await run()

async function run(): Promise<number> {
  const folder = await makeRunFolder()
  let engines: Engines | null = null
  try {
    const { versions, others } = takeEngineFlags(process.argv.slice(2))
    engines = await startEngines({
      given: givenEngines(process.env, 'TEST_'),
      versions,
      dataFolder: folder,
      cacheFolder: join(OWN_FOLDER, 'cache/rabbitmq'),
      isDurable: false,
      onProgress: progress,
      signal: abort.signal,
    })
    return interruptedBy === null ? await runJest(others, { folder, engines, versions }) : interruptedStatus()
  } catch (failure) {
    if (interruptedBy !== null) return interruptedStatus()
    console.error(`\nThe tests could not be run.\n${explainFailure(failure)}`)
    return failure instanceof PackagesUnavailableError ? EX_UNAVAILABLE : 1
  } finally {
    await engines?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A folder of this run alone. What killed runs left behind, running engines included, is removed first. */
async function makeRunFolder(): Promise<string> {
  mkdirSync(RUNS_FOLDER, { recursive: true })
  for (const name of readdirSync(RUNS_FOLDER)) {
    const left = join(RUNS_FOLDER, name)
    if (folderHolder(left) !== null) continue
    await stopRecorded({ name: 'Jest', recordFile: jestRecord(left), stopSignal: 'SIGKILL', stopGraceMs: 0 })
    await eraseEngines(left)
    rmSync(left, { recursive: true, force: true })
  }
  return mkdtempSync(join(RUNS_FOLDER, 'run-'))
}

interface TestRun {
  readonly folder: string
  readonly engines: Engines
  readonly versions: EngineVersions
}

/** In a session of its own, so that every process that a test started can be found and ended with it. */
async function runJest(flags: readonly string[], { folder, engines, versions }: TestRun): Promise<number> {
  progress('running the tests')
  const { databaseUrl, amqpUrl, amqpManagementUrl } = engines
  const args = [...(process.env['CI'] ? ['--ci'] : []), ...flags]
  const child = spawn(
    process.execPath,
    ['--experimental-vm-modules', '--no-warnings', join(ROOT, 'node_modules/jest/bin/jest.js'), ...args],
    {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
      env: {
        ...process.env,
        [ENGINE_MARK]: jestRecord(folder),
        DATABASE_URL: databaseUrl,
        AMQP_URL: amqpUrl,
        // For the tests that start an engine of their own.
        ENGINE_RABBITMQ_VERSION: versions.rabbitMq,
        ENGINE_POSTGRES_VERSION: versions.postgres,
        ...(amqpManagementUrl === null ? {} : { AMQP_MANAGEMENT_URL: amqpManagementUrl }),
      },
    },
  )
  jest = child
  if (child.pid !== undefined) recordProcess(jestRecord(folder), child.pid)
  const status = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']))
  })
  // Services that a crashed test file did not stop are in the same group.
  signalJest('SIGKILL')
  return interruptedBy === null ? status : interruptedStatus()
}

function jestRecord(folder: string): string {
  return join(folder, 'jest.json')
}

function interruptedStatus(): number {
  return 128 + (interruptedBy === 'SIGINT' ? constants.signals.SIGINT : constants.signals.SIGTERM)
}

function signalJest(signal: NodeJS.Signals): void {
  if (jest?.pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? jest.pid : -jest.pid, signal)
  } catch {
    // ESRCH: nobody is left in the group.
  }
}
