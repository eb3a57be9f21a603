import { EngineError, isPostgresVersion, isRabbitMqVersion } from '@redrive/engines'
import { POSTGRES_VERSIONS, RABBITMQ_VERSIONS } from '@redrive/engines'
import type { EngineVersions } from '@redrive/engines'

/**
 * Takes `--broker` and `--postgres` with their versions out of the arguments; what is left is Jest's.
 * Throws `EngineError` for a version that no private engine has.
 */
export function takeEngineFlags(args: readonly string[]): {
  readonly versions: EngineVersions
  readonly others: readonly string[]
} {
  const others = [...args]
  const broker = take(others, '--broker')
  const postgres = take(others, '--postgres')
  if (broker !== undefined && !isRabbitMqVersion(broker)) throw unknown('--broker', RABBITMQ_VERSIONS)
  if (postgres !== undefined && !isPostgresVersion(postgres)) throw unknown('--postgres', POSTGRES_VERSIONS)
  return { versions: { rabbitMq: broker, postgres }, others }
}

/** Both `--flag value` and `--flag=value`. A flag without its value takes the empty one, which is no version. */
function take(args: string[], flag: string): string | undefined {
  const at = args.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`))
  const arg = args[at]
  if (arg === undefined) return undefined
  const isApart = arg === flag
  const taken = args.splice(at, isApart ? 2 : 1)
  return isApart ? (taken[1] ?? '') : arg.slice(flag.length + 1)
}

function unknown(flag: string, known: readonly string[]): EngineError {
  return new EngineError(`${flag} needs a version that there is`, {
    advice: `Choose one of ${known.join(', ')}; or leave the flag out for the version that is at hand.`,
  })
}
