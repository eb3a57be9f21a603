import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino'
import { version } from './version.ts'

export type Logger = PinoLogger

export interface LoggerOptions {
  readonly service: string
  readonly level: string
  /** Standard output unless given. */
  readonly destination?: DestinationStream
}

/**
 * A logger that writes one JSON object per line, with service, version and process id on each.
 * Lines are written before the call returns, so that a process that is killed has said all it had to say.
 */
export function createLogger({ service, level, destination }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { service, version, pid: process.pid },
      messageKey: 'message',
      errorKey: 'error',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // n.b. pino's own serializer takes a task's error, which is plain data, for an Error and hides its type.
      serializers: {
        error: (error: unknown) =>
          error instanceof Error ? withoutRow(pino.stdSerializers.err(error)) : error,
      },
      redact: { paths: SECRET_PATHS, censor: '[hidden]' },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  )
}

/** What Postgres says of a refused row repeats the row, and with it a task's input. */
function withoutRow(error: object): object {
  return Object.fromEntries(Object.entries(error).filter(([name]) => name !== 'detail' && name !== 'where'))
}

const SECRET_KEYS = [
  'adminApiKey',
  'amqpUrl',
  'amqpManagementUrl',
  'apiKey',
  'authorization',
  'databaseUrl',
  'password',
  'secret',
]

/** At the top of a line and one object down, where settings, headers and options would be. */
const SECRET_PATHS = SECRET_KEYS.flatMap((key) => [key, `*.${key}`])
