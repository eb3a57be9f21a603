import { join } from 'node:path'
import { DockerPostgres } from './docker-postgres.ts'
import { DockerRabbitMq } from './docker-rabbitmq.ts'
import { lockFolder } from './folder-lock.ts'
import { PrivatePostgres } from './private-postgres.ts'
import type { PostgresVersion } from './postgres-binaries.ts'
import { PrivateRabbitMq } from './private-rabbitmq.ts'
import type { RabbitMqAddresses } from './rabbitmq-addresses.ts'
import type { RabbitMqVersion } from './rabbitmq-version.ts'

export interface EngineAddresses {
  readonly databaseUrl: string
  readonly amqpUrl: string
  /** Null when a RabbitMQ's address was given without the one of its management API. */
  readonly amqpManagementUrl: string | null
}

export interface EngineVersions {
  readonly rabbitMq?: RabbitMqVersion | undefined
  readonly postgres?: PostgresVersion | undefined
}

export interface EnginesPlan {
  /** Addresses of engines that somebody else runs; each one given is used as it is, each one missing is started. */
  readonly given: {
    readonly databaseUrl?: string
    readonly amqpUrl?: string
    readonly amqpManagementUrl?: string
  }
  /** The version that an engine which is started must have; missing: whichever is at hand. */
  readonly versions?: EngineVersions
  /** Where private engines keep their data. */
  readonly dataFolder: string
  /** Where packages fetched once are kept; any number of data folders may share it. */
  readonly cacheFolder: string
  /** False trades the survival of a crash for speed, in starting and stopping too: for tests only. */
  readonly isDurable: boolean
  readonly onProgress: (text: string) => void
  /** Ends a start that is no longer wanted: it rejects, leaving nothing running. */
  readonly signal?: AbortSignal
}

export interface Engines extends EngineAddresses {
  /** Stops what was started, in parallel, keeping its data. Idempotent. Given engines are left alone. */
  stop(): Promise<void>
}

interface Running<Address> {
  readonly address: Address
  stop(): Promise<void>
}

/**
 * Brings up a Postgres and a RabbitMQ: given addresses first, then private instances, then Docker
 * (which is left out where a version was chosen: its images are of one version only).
 * Throws `EngineError` when one of them cannot be had (the other is stopped again) and `FolderInUseError`
 * when another process runs engines in the same folder.
 */
export async function startEngines(plan: EnginesPlan): Promise<Engines> {
  const lock = lockFolder(plan.dataFolder)
  // The first failure ends the other's start too: it may be a minute of fetching that nobody needs any more.
  const failure = new AbortController()
  const fail = (reason: unknown): never => {
    failure.abort(reason)
    throw reason
  }
  const signal = AbortSignal.any([failure.signal, ...(plan.signal === undefined ? [] : [plan.signal])])
  const [postgres, rabbitMq] = await Promise.allSettled([
    startPostgres({ ...plan, signal }).catch(fail),
    startRabbitMq({ ...plan, signal }).catch(fail),
  ])
  const stop = async (): Promise<void> => {
    const started = [postgres, rabbitMq].filter((engine) => engine.status === 'fulfilled')
    await Promise.all(started.map((engine) => engine.value.stop()))
    lock.release()
  }
  if (postgres.status === 'fulfilled' && rabbitMq.status === 'fulfilled') {
    return { databaseUrl: postgres.value.address, ...rabbitMq.value.address, stop }
  }
  await stop()
  throw failure.signal.reason
}

/**
 * Removes the data of private engines, ending first what a killed supervisor left running.
 * Throws `FolderInUseError` while somebody runs them.
 */
export async function eraseEngines(dataFolder: string): Promise<void> {
  const lock = lockFolder(dataFolder)
  try {
    const plan = { dataFolder, cacheFolder: '', isDurable: false, onProgress: () => {} }
    // Docker's first: what tells that there is one lies in the folder that the others remove.
    for (const engine of [...rabbitMqEngines(plan), ...postgresEngines(plan)].toReversed())
      await engine.erase()
  } finally {
    lock.release()
  }
}

type EngineFolders = Omit<EnginesPlan, 'given'>

interface Engine<Address> {
  start(): Promise<Address>
  stop(): Promise<void>
  erase(): Promise<void>
}

/** In order of preference. */
function postgresEngines(plan: EngineFolders): readonly [Engine<string>, Engine<string>] {
  const options = {
    ...plan,
    version: plan.versions?.postgres,
    dataFolder: join(plan.dataFolder, 'postgres'),
  }
  return [new PrivatePostgres(options), new DockerPostgres(options)]
}

/** In order of preference. */
function rabbitMqEngines(
  plan: EngineFolders,
): readonly [Engine<RabbitMqAddresses>, Engine<RabbitMqAddresses>] {
  const options = {
    ...plan,
    version: plan.versions?.rabbitMq,
    dataFolder: join(plan.dataFolder, 'rabbitmq'),
  }
  return [new PrivateRabbitMq(options), new DockerRabbitMq(options)]
}

async function startPostgres(plan: EnginesPlan): Promise<Running<string>> {
  if (plan.given.databaseUrl !== undefined) return untouched(plan.given.databaseUrl)
  plan.onProgress('starting Postgres')
  const [own, docker] = postgresEngines(plan)
  return plan.versions?.postgres === undefined ? startOneOf([own, docker], plan) : startOrStop(own)
}

async function startRabbitMq(
  plan: EnginesPlan,
): Promise<Running<Pick<EngineAddresses, 'amqpUrl' | 'amqpManagementUrl'>>> {
  const { amqpUrl, amqpManagementUrl = null } = plan.given
  if (amqpUrl !== undefined) return untouched({ amqpUrl, amqpManagementUrl })
  const [own, docker] = rabbitMqEngines(plan)
  return plan.versions?.rabbitMq === undefined ? startOneOf([own, docker], plan) : startOrStop(own)
}

/** The private instance; the one in Docker if that fails; if both fail, the private one's reason, which says what to install. */
async function startOneOf<Address>(
  [own, docker]: readonly [Engine<Address>, Engine<Address>],
  { signal }: EnginesPlan,
): Promise<Running<Address>> {
  try {
    return await startOrStop(own)
  } catch (reason) {
    if (signal?.aborted) throw reason
    return await startOrStop(docker).catch(() => {
      throw reason
    })
  }
}

/** An engine that did not become ready leaves nothing running. */
async function startOrStop<Address>(engine: Engine<Address>): Promise<Running<Address>> {
  try {
    return { address: await engine.start(), stop: () => engine.stop() }
  } catch (reason) {
    await engine.stop()
    throw reason
  }
}

function untouched<Address>(address: Address): Running<Address> {
  return { address, stop: async () => {} }
}
