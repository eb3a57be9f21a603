import { parseArgs } from 'node:util'
import {
  isPostgresVersion,
  isRabbitMqVersion,
  POSTGRES_VERSIONS,
  RABBITMQ_VERSIONS,
  type PostgresVersion,
  type RabbitMqVersion,
} from '@redrive/engines'

export interface TortureOptions {
  readonly minutes: number
  readonly seed: number
  /** Client operations that begin per second. */
  readonly rate: number
  /** Names of faults; null leaves the choice to the seed. */
  readonly only: readonly string[] | null
  /** Each fault once and alone, one after the other, however long it takes; `minutes` is not looked at. */
  readonly isEach: boolean
  /** Missing: whichever is at hand. */
  readonly broker: RabbitMqVersion | undefined
  readonly postgres: PostgresVersion | undefined
  /** Nodes of RabbitMQ: 1, or those of a cluster. */
  readonly cluster: number
  /** Where the report goes as JSON beside the run's own folder. */
  readonly json: string | null
  readonly keep: boolean
}

const MAX_MINUTES = 24 * 60

/** Reads the command line. Throws an error that names the option and what was expected. */
export function readOptions(args: readonly string[]): TortureOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '2' },
      seed: { type: 'string' },
      rate: { type: 'string', default: '20' },
      only: { type: 'string' },
      each: { type: 'boolean', default: false },
      broker: { type: 'string' },
      postgres: { type: 'string' },
      cluster: { type: 'string', default: '1' },
      json: { type: 'string' },
      keep: { type: 'boolean', default: false },
    },
  })
  return {
    minutes: readNumber('minutes', values.minutes, { least: 0.1, most: MAX_MINUTES }),
    seed:
      values.seed === undefined
        ? freshSeed()
        : readNumber('seed', values.seed, { least: 0, most: 2 ** 32 - 1 }),
    rate: readNumber('rate', values.rate, { least: 1, most: 1_000 }),
    only: values.only?.split(',') ?? null,
    isEach: values.each,
    broker: readVersion('broker', values.broker, { is: isRabbitMqVersion, known: RABBITMQ_VERSIONS }),
    postgres: readVersion('postgres', values.postgres, { is: isPostgresVersion, known: POSTGRES_VERSIONS }),
    cluster: readNodes(values.cluster),
    json: values.json ?? null,
    keep: values.keep,
  }
}

/** Two nodes have no majority when one is gone. */
function readNodes(text: string): number {
  const nodes = readNumber('cluster', text, { least: 1, most: 7 })
  if (nodes % 2 === 1) return nodes
  throw new RangeError(`--cluster must be an odd number, not ${text}`)
}

function readVersion<Version extends string>(
  name: string,
  text: string | undefined,
  { is, known }: { readonly is: (text: string) => text is Version; readonly known: readonly Version[] },
): Version | undefined {
  if (text === undefined || is(text)) return text
  throw new RangeError(`--${name} must be one of ${known.join(', ')}, not ${JSON.stringify(text)}`)
}

function freshSeed(): number {
  return Math.floor(Math.random() * 1_000_000)
}

function readNumber(
  name: string,
  text: string,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= least && value <= most))
    throw new RangeError(`--${name} must be a number from ${least} to ${most}, not ${JSON.stringify(text)}`)
  return value
}
