import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { stopRecorded } from '@redrive/engines'
import type { RecordedProcess } from '@redrive/engines'

export const SERVICE_NAMES = ['api', 'dispatcher', 'worker'] as const
export type ServiceName = (typeof SERVICE_NAMES)[number]

const LEFTOVER_GRACE_MS = 30_000

/** Where a service's process is remembered for a supervisor that comes after this one was killed. */
export function serviceRecord(root: string, name: ServiceName): string {
  const folder = join(root, '.redrive/start')
  mkdirSync(folder, { recursive: true })
  return join(folder, `${name}.json`)
}

/** Ends the services that a killed supervisor left running: an old worker should not meet a new ledger. */
export async function stopLeftoverServices(root: string): Promise<void> {
  const leftovers = SERVICE_NAMES.map((name): RecordedProcess => ({
    name: `the ${name}`,
    recordFile: serviceRecord(root, name),
    stopSignal: 'SIGTERM',
    stopGraceMs: LEFTOVER_GRACE_MS,
  }))
  await Promise.all(leftovers.map(stopRecorded))
}
