import { spawn } from 'node:child_process'
import { isInstalled, markInstalled } from './dependencies-state.mjs'
import { withInstallLock } from './install-lock.mjs'
import { ROOT } from './repository.mjs'

// Everything, whatever the user's own npm configuration leaves out: Node 24, Postgres and the tests are such packages.
// The machine's Node may be older than packages ask for; they are run by the one that is being installed.
const NPM_CI = [
  'ci',
  '--include=dev',
  '--include=optional',
  '--engine-strict=false',
  '--loglevel=error',
  '--no-audit',
  '--no-fund',
]
const HEARTBEAT_MS = 10_000

/** What to do about it, by what npm says. */
const ADVICE = [
  [/ENOSPC/, 'The disk is full: make room (about 600 MB) and run the command again.'],
  [
    /EACCES|EPERM|EROFS/,
    'This folder cannot be written: check its owner and permissions, or clone to a folder of your own.',
  ],
  [/EUSAGE/, 'package-lock.json does not fit package.json: take both from the same commit.'],
  [/EINTEGRITY/, 'A package came damaged: run `npm cache clean --force`, then the command again.'],
  [
    /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|network/i,
    'npm cannot reach its registry: check the network and proxy (`npm ping`), then run the command again.',
  ],
]

/** Installs what the lock file names, if it is not there yet. Ends the process with advice when that fails. */
export async function installDependencies() {
  if (isInstalled()) return
  await withInstallLock(async () => {
    if (isInstalled()) return
    console.log('Installing dependencies from package-lock.json (once; about half a minute) ...')
    const began = Date.now()
    const heartbeat = setInterval(() => console.log(`  still installing (${seconds(began)} s)`), HEARTBEAT_MS)
    const failure = await runNpm().finally(() => clearInterval(heartbeat))
    if (failure !== null) fail(failure)
    markInstalled()
    console.log(`Dependencies are installed (${seconds(began)} s).`)
  })
}

/** Null when it went well, else what npm said. */
function runNpm() {
  return new Promise((resolve) => {
    // Under `npm start`, npm tells where it is; else the one on the path has to do.
    const own = process.env.npm_execpath
    const [program, args] = own ? [process.execPath, [own, ...NPM_CI]] : ['npm', NPM_CI]
    const npm = spawn(program, args, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'pipe'],
      shell: !own && process.platform === 'win32',
    })
    const listening = passOnSignals(npm)
    let said = ''
    npm.stderr.on('data', (data) => {
      said += data
      process.stderr.write(data)
    })
    npm.once('error', (error) => resolve(String(error)))
    npm.once('close', (status, signal) => {
      listening.abort()
      resolve(status === 0 ? null : `${said}\nnpm ended with ${signal ?? status}`)
    })
  })
}

/** npm gets a terminal's Ctrl-C by itself, and nothing that is sent to this process alone. */
function passOnSignals(npm) {
  const listening = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    const passOn = () => {
      npm.kill(signal)
      process.exit(1)
    }
    process.once(signal, passOn)
    listening.signal.addEventListener('abort', () => process.off(signal, passOn))
  }
  return listening
}

function fail(said) {
  const advice = ADVICE.find(([pattern]) => pattern.test(said))?.[1]
  console.error(
    `\nThe dependencies could not be installed. ${advice ?? `Run \`npm ci\` in ${ROOT} to see why.`}`,
  )
  process.exit(1)
}

function seconds(since) {
  return Math.round((Date.now() - since) / 1_000)
}
