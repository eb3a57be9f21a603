import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { EngineError } from './engine-error.ts'
import { otherSuiteSource } from './other-suite-source.ts'
import { PackagesUnavailableError } from './packages-unavailable-error.ts'
import { CommandError, runCommand } from './run-command.ts'
import type { CommandOptions } from './run-command.ts'

export interface PackageRequest {
  readonly packages: readonly string[]
  /** Another release's suite; null for this machine's own. */
  readonly suite: string | null
  /** The unpacked packages of each distribution's release are kept here. */
  readonly cacheFolder: string
  /** Changes what was unpacked, before anybody can see it. */
  readonly prepare: (root: string) => void
  readonly onProgress: (text: string) => void
  readonly signal?: AbortSignal
}

const FETCH_TIMEOUT_MS = 300_000
const ADVICE =
  'Check the network and the package sources in /etc/apt (or a proxy), or install rabbitmq-server, or set AMQP_URL to a RabbitMQ 3.10 or newer.'

/** Whether this machine has the programs that fetch and unpack Debian packages. */
export function hasDebianPackages(): boolean {
  return ['apt-get', 'apt-config', 'dpkg'].every((program) => existsSync(`/usr/bin/${program}`))
}

/**
 * The folder with the packages of this machine's release, or of another suite, unpacked below it, fetched at the first
 * call only.
 * Nothing of the system is touched and no rights are needed: apt works in folders of ours, dpkg only unpacks.
 * Throws `PackagesUnavailableError` when the packages cannot be had, or another `EngineError`.
 */
export async function unpackDebianPackages(request: PackageRequest): Promise<string> {
  const unpacked = join(request.cacheFolder, `${request.suite ?? ownSuite()}-${process.arch}`)
  if (existsSync(unpacked)) return unpacked
  mkdirSync(request.cacheFolder, { recursive: true })
  const work = mkdtempSync(join(request.cacheFolder, 'fetching-'))
  try {
    const debs = await download(work, request).catch(unavailable)
    request.onProgress('unpacking RabbitMQ')
    const root = join(work, 'root')
    for (const deb of debs) await runCommand('dpkg', ['-x', deb, root]).catch(unusable)
    request.prepare(root)
    publish(root, unpacked)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return unpacked
}

function unavailable(cause: unknown): never {
  if (!(cause instanceof CommandError)) throw cause
  throw new PackagesUnavailableError(`RabbitMQ could not be fetched: ${cause.message}`, {
    advice: ADVICE,
    cause,
  })
}

function unusable(cause: unknown): never {
  if (!(cause instanceof CommandError)) throw cause
  throw new EngineError(`RabbitMQ could not be unpacked: ${cause.message}`, { advice: ADVICE, cause })
}

/**
 * The code name of this machine's release. Packages of one release do not run on another, and the folder may be shared
 * or outlive an upgrade.
 */
export function ownSuite(): string {
  const release = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  return release?.replaceAll('"', '') ?? 'unknown'
}

async function download(work: string, request: PackageRequest): Promise<string[]> {
  const { packages, suite, onProgress, signal } = request
  const folders = ['state/lists/partial', 'cache/archives/partial', 'debs', 'sources']
  for (const folder of folders) mkdirSync(join(work, folder), { recursive: true })
  const configuration = join(work, 'apt.conf')
  writeFileSync(configuration, await privateConfiguration(work))
  const options = {
    env: { ...process.env, APT_CONFIG: configuration, LC_ALL: 'C' },
    cwd: join(work, 'debs'),
    timeoutMs: FETCH_TIMEOUT_MS,
    signal,
  }
  if (suite !== null) await useOtherSuite(suite, { work, configuration, options })
  onProgress(`reading the package lists of ${suite ?? 'this machine’s own sources'}`)
  await runCommand('apt-get', ['update', '-q'], options)
  onProgress(`fetching RabbitMQ and Erlang (about ${suite === null ? 35 : 55} MB, once)`)
  await runCommand('apt-get', ['download', '-q', ...packages], options)
  return readdirSync(options.cwd).map((name) => join(options.cwd, name))
}

/** What is installed here says nothing about packages that are only unpacked, so apt is shown an empty machine. */
async function useOtherSuite(
  suite: string,
  { work, configuration, options }: { work: string; configuration: string; options: CommandOptions },
): Promise<void> {
  const uris = await runCommand('apt-get', ['update', '--print-uris'], options)
  writeFileSync(join(work, 'sources/suite.sources'), otherSuiteSource({ uris, own: ownSuite(), suite }))
  appendFileSync(
    configuration,
    [
      'Dir::Etc::SourceList "/dev/null";',
      `Dir::Etc::SourceParts "${work}/sources";`,
      'Dir::State::status "/dev/null";',
      '',
    ].join('\n'),
  )
}

/**
 * How the machine reaches its sources (proxies, certificates) is taken over; where apt keeps things is ours; and its
 * hooks, which would clean the system's own cache, are left out by reading no other configuration file.
 */
async function privateConfiguration(work: string): Promise<string> {
  const dump = await runCommand('apt-config', ['dump'])
  const acquire = dump.split('\n').filter((line) => line.startsWith('Acquire::'))
  return [
    ...acquire,
    'Dir::Etc::Main "/dev/null";',
    'Dir::Etc::Parts "/dev/null";',
    `Dir::State "${work}/state";`,
    'Dir::State::status "/var/lib/dpkg/status";',
    `Dir::Cache "${work}/cache";`,
    'Acquire::Languages "none";',
    'Acquire::Retries "3";',
    // As root apt would fetch as the user _apt, who may not write below a home folder.
    'APT::Sandbox::User "root";',
    'APT::Update::Error-Mode "any";',
    '',
  ].join('\n')
}

/** Two starts at once may both have fetched; the first one's packages stay. */
function publish(root: string, unpacked: string): void {
  try {
    renameSync(root, unpacked)
  } catch (error) {
    if (!existsSync(unpacked)) throw error
  }
}
