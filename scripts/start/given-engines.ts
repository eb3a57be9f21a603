import type { EnginesPlan } from '@redrive/engines'

type Environment = Readonly<Record<string, string | undefined>>

const NAMES = [
  ['databaseUrl', 'DATABASE_URL'],
  ['amqpUrl', 'AMQP_URL'],
  ['amqpManagementUrl', 'AMQP_MANAGEMENT_URL'],
] as const

/** The addresses of engines that somebody else runs, from settings whose names begin with `prefix`. Empty ones count as not set. */
export function givenEngines(environment: Environment, prefix = ''): EnginesPlan['given'] {
  const given = NAMES.map(([key, name]) => [key, environment[`${prefix}${name}`]] as const)
  return Object.fromEntries(given.filter(([, value]) => value !== undefined && value !== ''))
}
