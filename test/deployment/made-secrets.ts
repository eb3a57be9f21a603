import { readRepositoryFile, variablesIn } from './compose-file.ts'

/** Every secret that the compose file demands, of the form that make-secrets.sh gives it. */
export function madeSecrets(): Record<string, string> {
  return Object.fromEntries(
    variablesIn(readRepositoryFile('docker-compose.yml'))
      .filter(({ operator }) => operator === ':?')
      .map(({ name }) => [name, `${name === 'WEBHOOK_SECRET' ? 'whsec_' : ''}${'f'.repeat(64)}`]),
  )
}
