import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { readState, writeState } from '@redrive/engines'

/** The key of the environment, else one that is made at the first start and kept, readable by its owner only. */
export function adminKey(fromEnvironment: string | undefined, folder: string): string {
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'admin-key.json')
  const kept = readState<{ readonly key: string }>(file)
  if (kept !== null) return kept.key
  const key = randomBytes(32).toString('base64url')
  writeState(file, { key })
  return key
}
