import { createLogger } from './create-logger.ts'

/**
 * Runs a service's `main`, and turns an error of its start into one readable fatal line and exit status 1.
 * A SettingsError's message has all its problems, one a line; any other error is logged with its stack.
 */
export async function runMain(service: string, main: () => Promise<void>): Promise<void> {
  try {
    await main()
  } catch (error) {
    createLogger({ service, level: 'fatal' }).fatal({ error }, `The ${service} cannot start.`)
    process.exit(1)
  }
}
