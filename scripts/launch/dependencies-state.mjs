import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MODULES, ROOT } from './repository.mjs'

const LOCK_FILE = join(ROOT, 'package-lock.json')
/** Written after an installation that ended well; npm removes it with the folder when it begins another. */
const MARK = join(MODULES, '.redrive-installed')
/** npm's own note of what it installed, written last. */
const INSTALLED = join(MODULES, '.package-lock.json')

/** Whether what the lock file names is installed, by our own mark or, if somebody ran npm by hand, by npm's note. */
export function isInstalled() {
  if (!existsSync(INSTALLED)) return false
  if (existsSync(MARK) && readFileSync(MARK, 'utf8') === lockDigest()) return true
  return agreesWithLock()
}

export function markInstalled() {
  writeFileSync(MARK, lockDigest())
}

function lockDigest() {
  return createHash('sha256').update(readFileSync(LOCK_FILE)).digest('hex')
}

function agreesWithLock() {
  const wanted = JSON.parse(readFileSync(LOCK_FILE, 'utf8')).packages
  const present = JSON.parse(readFileSync(INSTALLED, 'utf8')).packages
  return Object.entries(wanted)
    .filter(([path, entry]) => path.includes('node_modules/') && isForThisMachine(entry))
    .every(([path, entry]) =>
      entry.link ? existsSync(join(ROOT, path)) : present[path]?.version === entry.version,
    )
}

/**
 * npm leaves out optional packages of other platforms, and what only these need. So an optional one counts only if it names
 * this very platform; which C library it is for is not looked at.
 */
function isForThisMachine({ os, cpu, libc, optional, devOptional }) {
  if (!optional && !devOptional) return true
  return libc === undefined && os?.includes(process.platform) === true && cpu?.includes(process.arch) === true
}
