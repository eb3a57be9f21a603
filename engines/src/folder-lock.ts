import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { identifyProcess, isRunning } from './process-identity.ts'
import type { ProcessIdentity } from './process-identity.ts'

/** The folder belongs to another process that is still running. */
export class FolderInUseError extends Error {
  readonly holder: ProcessIdentity

  constructor(folder: string, holder: ProcessIdentity) {
    super(`${folder} is in use by process ${holder.pid}`)
    this.name = 'FolderInUseError'
    this.holder = holder
  }
}

export interface FolderLock {
  release(): void
}

/**
 * Takes the folder for this process. A lock whose process has ended is taken over, so a killed holder needs no cleaning up.
 * Throws `FolderInUseError` while the holder runs.
 */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true })
  const lock = join(folder, 'lock')
  const mine = `${lock}.${process.pid}`
  writeFileSync(mine, JSON.stringify(identifyProcess(process.pid)))
  try {
    while (!tryLink(mine, lock)) removeStale(folder, lock)
  } finally {
    rmSync(mine, { force: true })
  }
  return { release: () => rmSync(lock, { force: true }) }
}

/** The process that holds the folder, or null when nobody does. */
export function folderHolder(folder: string): ProcessIdentity | null {
  const holder = readHolder(join(folder, 'lock'))
  return holder !== null && isRunning(holder) ? holder : null
}

/** A hard link is made or it is not: the lock never exists half written. */
function tryLink(mine: string, lock: string): boolean {
  try {
    linkSync(mine, lock)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/**
 * Moves a dead holder's lock away. Two processes may do so at once: whoever finds that it moved a live lock,
 * made between its look and its move, puts it back.
 */
function removeStale(folder: string, lock: string): void {
  const holder = readHolder(lock)
  if (holder !== null && isRunning(holder)) throw new FolderInUseError(folder, holder)
  const aside = `${lock}.stale.${process.pid}`
  try {
    renameSync(lock, aside)
  } catch {
    // The other process was quicker; the next try to link decides.
    return
  }
  const moved = readHolder(aside)
  if (moved !== null && isRunning(moved)) tryLink(aside, lock)
  rmSync(aside, { force: true })
}

function readHolder(lock: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(lock, 'utf8')) as ProcessIdentity
  } catch {
    // Gone, or cut short by a full disk: nobody can be named as its holder.
    return null
  }
}
