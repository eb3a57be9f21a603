import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MODULES } from './repository.mjs'

/** The oldest Node that runs TypeScript as it is. */
const OLDEST = [22, 18]

/** The Node that runs Redrive: the one that came with the dependencies, else the machine's own if it is new enough. */
export function findNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const binary = process.platform === 'win32' ? 'node.exe' : 'node'
  const installed = join(MODULES, `node-${platform}-${process.arch}`, 'bin', binary)
  if (existsSync(installed) && isNewEnough(versionOf(installed))) return installed
  if (isNewEnough(process.versions.node)) return process.execPath
  console.error(
    `There is no Node package for ${process.platform}-${process.arch} that runs here, and this Node is ${process.version}.\n` +
      `Install Node ${OLDEST.join('.')} or newer, then run the same command again.`,
  )
  process.exit(1)
}

/** Empty when it cannot run, as a binary for another C library cannot. */
function versionOf(node) {
  return spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim().slice(1) ?? ''
}

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}
