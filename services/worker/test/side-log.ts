import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onCleanup } from '@redrive/shared/testing'

/** What handlers noted outside the ledger, so that a test can tell what really happened. */
export class SideLog {
  readonly file: string

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'redrive-side-log-'))
    onCleanup(() => rmSync(folder, { recursive: true, force: true }))
    this.file = join(folder, 'log')
  }

  lines(): readonly string[] {
    return this.#read().map(({ what }) => what)
  }

  count(what: string): number {
    return this.lines().filter((line) => line === what).length
  }

  #read(): readonly { readonly what: string }[] {
    try {
      const text = readFileSync(this.file, 'utf8').trim()
      return text.split('\n').map((line) => JSON.parse(line) as { what: string })
    } catch {
      // Nothing was noted yet.
      return []
    }
  }
}
