import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface PlainPath {
  readonly path: string
  release(): void
}

/** What a shell script that forgot a quotation mark takes as it is. */
const PLAIN = /^[\w./+@:-]+$/

/**
 * Another path to the folder if its own has spaces or other characters that shell scripts stumble over: through a link
 * in a temporary folder of our own (0700, so that nobody can put another link in its place). Kept until `release`.
 */
export function plainPath(folder: string): PlainPath {
  if (PLAIN.test(folder)) return { path: folder, release: () => {} }
  const parent = mkdtempSync(join(PLAIN.test(tmpdir()) ? tmpdir() : '/tmp', 'redrive-'))
  const path = join(parent, 'link')
  symlinkSync(folder, path)
  return { path, release: () => rmSync(parent, { recursive: true, force: true }) }
}
