import { EngineError } from '@redrive/engines'
import type { EnginesPlan } from '@redrive/engines'

type Environment = Readonly<Record<string, string | undefined>>

const NAMES = [
  ['databaseUrl', 'DATABASE_URL', ['postgres', 'postgresql']],
  ['amqpUrl', 'AMQP_URL', ['amqp', 'amqps']],
  ['amqpManagementUrl', 'AMQP_MANAGEMENT_URL', ['http', 'https']],
] as const

/**
 * The addresses of engines that somebody else runs, from settings whose names begin with `prefix`. Empty ones count as not set.
 * Throws `EngineError` for a text that is no address, before anything is started for it.
 */
export function givenEngines(environment: Environment, prefix = ''): EnginesPlan['given'] {
  const given: [string, string][] = []
  for (const [key, name, schemes] of NAMES) {
    const value = environment[`${prefix}${name}`]
    if (value === undefined || value === '') continue
    // The value itself is not shown: an address may hold a password.
    if (!schemes.some((scheme) => value.startsWith(`${scheme}://`))) {
      throw new EngineError(
        `${prefix}${name} is not an address that begins with ${schemes.join(':// or ')}://.`,
        {
          advice: 'Correct it; without it, npm start and npm test bring up an engine of their own.',
        },
      )
    }
    given.push([key, value])
  }
  return Object.fromEntries(given)
}
