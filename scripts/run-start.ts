import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eraseEngines, freePorts, lockFolder, startEngines } from '@redrive/engines'
import type { EngineAddresses } from '@redrive/engines'
import { migrateToLatest } from '@redrive/migrations'
import { readEnvironment } from '@redrive/shared/runtime'
import { adminKey } from './start/admin-key.ts'
import { chooseApiPort } from './start/choose-api-port.ts'
import { explainFailure } from './start/explain-failure.ts'
import { givenEngines } from './start/given-engines.ts'
import { keepServiceSettings } from './start/keep-service-settings.ts'
import { progress } from './start/progress.ts'
import { SERVICE_NAMES, stopLeftoverServices } from './start/service-records.ts'
import { onStopRequest } from './start/stop-requests.ts'
import { SupervisedService } from './start/supervised-service.ts'
import { webhookSecret } from './start/webhook-secret.ts'
import { welcome } from './start/welcome.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const OWN_FOLDER = join(ROOT, '.redrive')
const ENGINES_FOLDER = join(OWN_FOLDER, 'engines')
/** A little more than the services' own grace period, so that they end by themselves. */
const GRACE_BEYOND_MS = 5_000
const DEFAULT_GRACE_MS = 30_000

type Environment = Readonly<Record<string, string | undefined>>
type Stop = () => Promise<void>

const environment = readEnvironment()
const services: SupervisedService[] = []
/** What must be undone, in the order in which it was done. */
const stops: Stop[] = []
let stopping: Promise<void> | null = null

onStopRequest({
  stop: (reason) => {
    progress(`stopping (${reason}) ...`)
    void stopEverything().then(() => {
      progress('everything is stopped')
      process.exit(0)
    })
  },
  insist: () => {
    progress('killing the services; the engines still end properly')
    for (const service of services) service.kill()
  },
})

try {
  await start()
} catch (failure) {
  // A request to stop makes whatever is being started fail; that is no failure.
  if (stopping === null) {
    console.error(`\nRedrive could not start.\n${explainFailure(failure)}`)
    await stopEverything()
    process.exit(1)
  }
}

async function start(): Promise<void> {
  const lock = lockFolder(join(OWN_FOLDER, 'start'))
  stops.push(async () => lock.release())
  await stopLeftoverServices(ROOT)
  if (process.argv.includes('--reset')) await reset()
  const addresses = await bringUpEngines()
  await migrate(addresses)
  const key = adminKey(environment['ADMIN_API_KEY'], OWN_FOLDER)
  const { port, isInstead } = await chooseApiPort(environment['PORT'])
  const apiUrl = `http://${shownHost()}:${port}`
  const secrets = {
    ADMIN_API_KEY: key,
    WEBHOOK_SECRET: webhookSecret(environment['WEBHOOK_SECRET'], OWN_FOLDER),
  }
  const settings = { ...environment, ...engineSettings(addresses), ...secrets, PORT: String(port) }
  // Any free metrics port, so that there can be several processes of a kind.
  keepServiceSettings(join(OWN_FOLDER, 'services.env'), { METRICS_PORT: '0', ...settings, API_URL: apiUrl })
  await startServices(settings)
  if (isInstead) progress(`port 3000 is taken, so the api listens on ${port}`)
  console.log(welcome({ apiUrl, key, logFolder: join(OWN_FOLDER, 'logs') }))
}

async function reset(): Promise<void> {
  const given = ['DATABASE_URL', 'AMQP_URL'].filter((name) => environment[name])
  if (given.length > 0) {
    throw new Error(
      `--reset empties private engines only, and ${given.join(' and ')} is set in the environment or .env.\n→ Start without --reset, or remove the setting.`,
    )
  }
  progress('emptying the engines')
  await eraseEngines(ENGINES_FOLDER)
}

async function bringUpEngines(): Promise<EngineAddresses> {
  const abort = new AbortController()
  const starting = startEngines({
    given: givenEngines(environment),
    dataFolder: ENGINES_FOLDER,
    cacheFolder: join(OWN_FOLDER, 'cache/rabbitmq'),
    isDurable: true,
    onProgress: progress,
    signal: abort.signal,
  })
  stops.push(async () => {
    abort.abort()
    await starting.then((engines) => engines.stop(), ignoreFailedStart)
  })
  return starting
}

/** Whoever waits for the start hears of its failure; for the stop, there is nothing left to do. */
function ignoreFailedStart(): void {}

async function migrate({ databaseUrl }: EngineAddresses): Promise<void> {
  progress('migrating the ledger')
  try {
    const applied = await migrateToLatest(databaseUrl)
    progress(
      applied.length === 0 ? 'the ledger is up to date' : `the ledger is migrated: ${applied.join(', ')}`,
    )
  } catch (cause) {
    const where = environment['DATABASE_URL'] ? 'the Postgres of DATABASE_URL' : 'the private Postgres'
    throw new Error(
      `The ledger could not be migrated in ${where}: ${explainFailure(cause)}\n→ Check that it runs, is Postgres 15 or newer, and lets this user create tables.`,
      { cause },
    )
  }
}

function engineSettings({ databaseUrl, amqpUrl, amqpManagementUrl }: EngineAddresses): Environment {
  return {
    DATABASE_URL: databaseUrl,
    AMQP_URL: amqpUrl,
    ...(amqpManagementUrl === null ? {} : { AMQP_MANAGEMENT_URL: amqpManagementUrl }),
  }
}

async function startServices(settings: Environment): Promise<void> {
  const ports = await freePorts(SERVICE_NAMES)
  const graceMs = (Number(settings['SHUTDOWN_GRACE_MS']) || DEFAULT_GRACE_MS) + GRACE_BEYOND_MS
  for (const name of SERVICE_NAMES) {
    const port = ports[name]
    services.push(
      new SupervisedService({
        name,
        root: ROOT,
        env: { ...settings, METRICS_HOST: '127.0.0.1', METRICS_PORT: String(port) },
        operationsUrl: `http://127.0.0.1:${port}`,
        graceMs,
      }),
    )
  }
  progress(`starting ${SERVICE_NAMES.join(', ')}`)
  await Promise.all(services.map((service) => service.start()))
  progress('api, dispatcher and worker are ready')
}

function shownHost(): string {
  const host = environment['HOST']
  return host === undefined || host === '' || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
}

/** Services first, all at once, because they still need the engines to give back what they hold; then the rest, newest first. */
function stopEverything(): Promise<void> {
  stopping ??= (async () => {
    await Promise.all(services.map((service) => service.stop()))
    for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop()
  })()
  return stopping
}
