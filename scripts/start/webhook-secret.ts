import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { readState, writeState } from '@redrive/engines'

/** As many as the signature's hash has. */
const BYTES = 32

/** The secret of the environment, else one that is made at the first start and kept, readable by its owner only. */
export function webhookSecret(fromEnvironment: string | undefined, folder: string): string {
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'webhook-secret.json')
  const kept = readState<{ readonly secret: string }>(file)
  if (kept !== null) return kept.secret
  const secret = `whsec_${randomBytes(BYTES).toString('base64')}`
  writeState(file, { secret })
  return secret
}
