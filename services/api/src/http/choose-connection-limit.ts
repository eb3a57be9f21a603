import { type ApiSettings, type Events, readFileLimit } from '@redrive/shared/runtime'

/** Besides clients and Postgres: RabbitMQ, the operations port's hundred, the files of the program itself. */
const OTHER_FILES = 200
/** Below this an api would be of no use; then running out of files is the lesser evil. */
const FEWEST = 10

/**
 * How many connections clients may hold: as many as are wished for, or as there can be files for, which is warned of. Without
 * a file left, Postgres and RabbitMQ could not be reached again either.
 */
export function chooseConnectionLimit(
  { maxConnections, databasePoolSize }: ApiSettings,
  events: Events,
): number {
  const files = readFileLimit()
  const needed = maxConnections + databasePoolSize + OTHER_FILES
  if (files === null || files >= needed) return maxConnections
  const connections = Math.max(FEWEST, files - databasePoolSize - OTHER_FILES)
  events.emit('files.limited', { files, needed, connections })
  return connections
}
