import { config } from 'dotenv'
import { join } from 'node:path'

/** Where the loader finds which names came from the file: there, every name was meant for Redrive. */
export const NAMES_IN_FILE: unique symbol = Symbol('names in .env')

export type Environment = Readonly<Record<string, string | undefined>> & {
  readonly [NAMES_IN_FILE]?: readonly string[]
}

/**
 * The process's environment over the `.env` of a folder, the current one by default. A variable that is set to an
 * empty text does not hide the file's: an empty text means unset everywhere. Nothing is written to `process.env`.
 */
export function readEnvironment(folder: string = process.cwd()): Environment {
  // An own target keeps dotenv from writing to process.env; quiet, because it prints a line otherwise.
  const inFile = config({ path: join(folder, '.env'), quiet: true, processEnv: {} }).parsed ?? {}
  // oxlint-disable-next-line node/no-process-env -- the one place that reads it; everybody else gets settings.
  const inProcess = Object.entries(process.env).filter(([, value]) => value !== '')
  return { ...inFile, ...Object.fromEntries(inProcess), [NAMES_IN_FILE]: Object.keys(inFile) }
}
