import { rmSync, writeFileSync } from 'node:fs'

const NAMES = [
  'DATABASE_URL',
  'AMQP_URL',
  'AMQP_MANAGEMENT_URL',
  'ADMIN_API_KEY',
  'WEBHOOK_SECRET',
  'HTTP_ALLOWED_TARGETS',
  'METRICS_PORT',
  'API_URL',
] as const

/**
 * Writes what another process of Redrive needs to share the work, for `npm run api`, `npm run dispatcher` and
 * `npm run worker`, and where the api is, for the examples. It holds secrets, so only its owner may read it; a file from an earlier start is replaced.
 */
export function keepServiceSettings(
  file: string,
  settings: Readonly<Record<string, string | undefined>>,
): void {
  const lines = NAMES.flatMap((name) => (settings[name] === undefined ? [] : [`${name}=${settings[name]}\n`]))
  rmSync(file, { force: true })
  writeFileSync(file, lines.join(''), { mode: 0o600 })
}
