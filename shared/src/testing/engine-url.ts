export type EngineUrlName = 'AMQP_MANAGEMENT_URL' | 'AMQP_URL' | 'DATABASE_URL'

/** The address of an engine that the test run provides. */
export function engineUrl(name: EngineUrlName): URL {
  const url = process.env[name]
  if (url === undefined || url === '')
    throw new Error(`${name} is not set: run the tests with \`npm test\`, which brings up engines`)
  return new URL(url)
}
