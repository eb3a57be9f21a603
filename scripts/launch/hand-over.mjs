import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { findNode } from './find-node.mjs'
import { installDependencies } from './install-dependencies.mjs'
import { MODULES, ROOT } from './repository.mjs'

const PARENT_CHECK_MS = 1_000

/** Installs what is missing, then runs the script, a path from the root, under the right Node and ends as it ends. */
export async function handOver(script, args) {
  await installDependencies()
  const path = [join(MODULES, '.bin'), process.env.PATH].join(delimiter)
  const child = spawn(
    findNode(),
    ['--conditions=redrive:source', '--no-warnings', join(ROOT, script), ...args],
    {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, PATH: path },
    },
  )
  // A terminal's Ctrl-C reaches the child twice, from the terminal and from here; it counts that as once.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  stopWithNpm(child)
  child.once('error', (error) => {
    console.error(`${script} could not be started: ${error.message}`)
    process.exit(1)
  })
  child.once('exit', (status, signal) => process.exit(status ?? 128 + (constants.signals[signal] ?? 0)))
}

/** npm, killed, passes nothing on; without npm the parent is a shell, which may end while Redrive goes on. */
function stopWithNpm(child) {
  if (process.env.npm_lifecycle_event === undefined) return
  const npm = process.ppid
  const check = setInterval(() => process.ppid !== npm && child.kill('SIGTERM'), PARENT_CHECK_MS)
  check.unref()
}
