import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

/** What an engine must remember between starts (password, ports), or null before the first. */
export function readState<State>(file: string): State | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as State
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Replaces the file as a whole, readable by its owner only: it holds a password. */
export function writeState(file: string, state: unknown): void {
  const half = `${file}.half`
  writeFileSync(half, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 })
  chmodSync(half, 0o600)
  renameSync(half, file)
}
