import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onCleanup, REPOSITORY_FOLDER } from '@redrive/shared/testing'

/**
 * The version that this one takes over from. Moved when a version has been published: to that version's commit, in the
 * first change after it, so that what is on the main line can always run beside what people run.
 */
export const LAST_VERSION = 'e66225f023e1200760af8ddd49cc540acaa3d151'

const WORKSPACES = {
  shared: 'shared',
  migrations: 'migrations',
  api: 'services/api',
  dispatcher: 'services/dispatcher',
  worker: 'services/worker',
}
const MAX_ARCHIVE_BYTES = 256 * 1024 * 1024

/** False in a shallow clone and where there is no history at all. */
export function hasVersion(commit: string): boolean {
  try {
    git('cat-file', '-e', `${commit}^{commit}`)
    return true
  } catch {
    return false
  }
}

/** A folder with the sources of a commit, runnable with the packages that are installed here; gone after the test file. */
export function checkOutVersion(commit: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'redrive-version-'))
  onCleanup(() => rmSync(folder, { recursive: true, force: true }))
  execFileSync('tar', ['-x', '-C', folder], { input: git('archive', commit) })
  const packages = join(folder, 'node_modules')
  mkdirSync(join(packages, '@redrive'), { recursive: true })
  const installed = join(REPOSITORY_FOLDER, 'node_modules')
  for (const name of readdirSync(installed)) {
    if (name !== '@redrive') symlinkSync(join(installed, name), join(packages, name))
  }
  // Not the ones installed here: those are links to the sources of today.
  for (const [name, path] of Object.entries(WORKSPACES))
    symlinkSync(join(folder, path), join(packages, '@redrive', name))
  return folder
}

function git(...words: readonly string[]): Buffer {
  return execFileSync('git', ['-C', REPOSITORY_FOLDER, ...words], {
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: MAX_ARCHIVE_BYTES,
  })
}
