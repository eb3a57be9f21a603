import {
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
import { CommandError, runCommand } from './run-command.ts'

export interface PackageRequest {
  readonly packages: readonly string[]
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
 * The folder with the packages of this machine's own release unpacked below it, fetched at the first call only.
 * Nothing of the system is touched and no rights are needed: apt works in folders of ours, dpkg only unpacks.
 * Throws `EngineError` when the packages cannot be had.
 */
export async function unpackDebianPackages(request: PackageRequest): Promise<string> {
  const unpacked = join(request.cacheFolder, releaseName())
  if (existsSync(unpacked)) return unpacked
  mkdirSync(request.cacheFolder, { recursive: true })
  const work = mkdtempSync(join(request.cacheFolder, 'fetching-'))
  try {
    const debs = await download(work, request)
    request.onProgress('unpacking RabbitMQ')
    const root = join(work, 'root')
    for (const deb of debs) await runCommand('dpkg', ['-x', deb, root])
    request.prepare(root)
    publish(root, unpacked)
  } catch (cause) {
    throw cause instanceof CommandError
      ? new EngineError(`RabbitMQ could not be fetched: ${cause.message}`, { advice: ADVICE, cause })
      : cause
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return unpacked
}

/** Packages of one release do not run on another, and the folder may be shared or outlive an upgrade. */
function releaseName(): string {
  const release = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  return `${release?.replaceAll('"', '') ?? 'unknown'}-${process.arch}`
}

async function download(work: string, { packages, onProgress, signal }: PackageRequest): Promise<string[]> {
  const folders = ['state/lists/partial', 'cache/archives/partial', 'debs']
  for (const folder of folders) mkdirSync(join(work, folder), { recursive: true })
  const configuration = join(work, 'apt.conf')
  writeFileSync(configuration, await privateConfiguration(work))
  const options = {
    env: { ...process.env, APT_CONFIG: configuration, LC_ALL: 'C' },
    cwd: join(work, 'debs'),
    timeoutMs: FETCH_TIMEOUT_MS,
    signal,
  }
  onProgress('reading the package lists of this machine’s own sources')
  await runCommand('apt-get', ['update', '-q'], options)
  onProgress('fetching RabbitMQ and Erlang (about 35 MB, once)')
  await runCommand('apt-get', ['download', '-q', ...packages], options)
  return readdirSync(options.cwd).map((name) => join(options.cwd, name))
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
