import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { hasDebianPackages, ownSuite, unpackDebianPackages } from './debian-packages.ts'
import type { PackageRequest } from './debian-packages.ts'
import { EngineError } from './engine-error.ts'
import { runThroughOwnLoader } from './own-loader.ts'
import { PackagesUnavailableError } from './packages-unavailable-error.ts'
import { suiteOf } from './rabbitmq-version.ts'
import type { RabbitMqVersion } from './rabbitmq-version.ts'

export interface RabbitMqInstallation {
  /** The start script of the release itself, not the system's wrapper, which would change user and folders. */
  readonly server: string
  readonly plugins: string
  /** Put before PATH, so that the right Erlang is found. */
  readonly path: readonly string[]
}

export interface RabbitMqSource {
  /** Missing: the one that is installed, else what this machine's release has. */
  readonly version?: RabbitMqVersion | undefined
  readonly cacheFolder: string
  readonly onProgress: (text: string) => void
  readonly signal?: AbortSignal
}

/** RabbitMQ itself and every part of Erlang that it loads, which the distribution packages one by one. */
const PACKAGES = [
  'rabbitmq-server',
  ...'asn1 base crypto eldap ftp inets mnesia os-mon parsetools public-key runtime-tools snmp ssl syntax-tools tftp tools xmerl'
    .split(' ')
    .map((part) => `erlang-${part}`),
]

/** What Erlang's programs link to, for a machine whose own are another release's. One name differs between suites. */
const LIBRARIES = 'libc6 libgcc-s1 libstdc++6 libsystemd0 libtinfo6 zlib1g libcap2 libzstd1'.split(' ')
const SUITE_LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  bookworm: ['libssl3', 'libgcrypt20', 'libgpg-error0', 'liblz4-1', 'liblzma5'],
  trixie: ['libssl3t64'],
  forky: ['libssl3t64', 'libsctp1'],
}

const ERLANG = 'usr/lib/erlang'

const ADVICE =
  'Install RabbitMQ 3.10 or newer (it is run privately, a running one is not touched), or set AMQP_URL to one, or start a Docker engine.'

/**
 * The system's RabbitMQ if it is of the wanted version, else Debian's packages of that version unpacked in the cache.
 * Throws `EngineError` when neither can be had.
 */
export async function findRabbitMq(source: RabbitMqSource): Promise<RabbitMqInstallation> {
  const { version } = source
  const installed = installedRabbitMq(version)
  if (installed !== null) return installed
  if (!hasDebianPackages()) {
    throw new PackagesUnavailableError(
      `there is no RabbitMQ ${version ?? ''} on this machine, and no Debian packages to take it from`,
      { advice: ADVICE },
    )
  }
  const root = await unpackDebianPackages({ ...source, ...packagesFor(version) })
  const found = releaseBelow(join(root, 'usr/lib/rabbitmq/lib'), version)
  if (found === null) {
    throw new EngineError(`the packages in ${root} hold no RabbitMQ ${version ?? ''}`, {
      advice: `Remove ${root} and start again.`,
    })
  }
  return { ...found, path: [join(root, ERLANG, 'bin')] }
}

/** Another suite's programs bring their libraries along. */
function packagesFor(
  version: RabbitMqVersion | undefined,
): Pick<PackageRequest, 'packages' | 'suite' | 'prepare'> {
  const suite = version === undefined ? ownSuite() : suiteOf(version)
  if (suite === ownSuite()) return { packages: PACKAGES, suite: null, prepare: relocateErlang }
  return {
    packages: [...PACKAGES, ...LIBRARIES, ...(SUITE_LIBRARIES[suite] ?? [])],
    suite,
    prepare: (root) => {
      relocateErlang(root)
      runThroughOwnLoader(root, join(root, ERLANG))
    },
  }
}

/** A system-wide installation, wherever its platform puts it; Erlang must be there too. */
function installedRabbitMq(version: RabbitMqVersion | undefined): RabbitMqInstallation | null {
  if (!existsOnPath('erl')) return null
  const folders = [
    '/usr/lib/rabbitmq/lib',
    '/opt/rabbitmq',
    '/opt/homebrew/opt/rabbitmq',
    '/usr/local/opt/rabbitmq',
  ]
  for (const folder of folders) {
    const found = releaseBelow(folder, version)
    if (found !== null) return { ...found, path: [] }
  }
  return null
}

/** The newest server of the version below the folder. n.b. some platforms' folder is the server itself, of any version. */
function releaseBelow(
  folder: string,
  version: RabbitMqVersion | undefined,
): Omit<RabbitMqInstallation, 'path'> | null {
  if (!existsSync(folder)) return null
  const prefix = `rabbitmq_server-${version === undefined ? '' : `${version}.`}`
  const below = readdirSync(folder).filter((name) => name.startsWith(prefix))
  const newest = below.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)
  if (newest === undefined && version !== undefined) return null
  const release = newest === undefined ? folder : join(folder, newest)
  const server = join(release, 'sbin/rabbitmq-server')
  return existsSync(server) ? { server, plugins: join(release, 'plugins') } : null
}

function existsOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
}

/**
 * Debian's `erl` is fixed to /usr/lib/erlang and would start the system's Erlang, if there is one, with our RabbitMQ.
 * Every copy of it is made to start from where it lies.
 */
function relocateErlang(root: string): void {
  const erlang = join(root, ERLANG)
  const scripts = readdirSync(erlang, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === 'erl')
    .map((entry) => join(entry.parentPath, entry.name))
  for (const script of scripts) {
    const text = readFileSync(script, 'utf8')
    const levels = dirname(script)
      .slice(erlang.length)
      .split('/')
      .filter(Boolean)
      .map(() => '..')
      .join('/')
    const relocated = text.replaceAll(
      'ROOTDIR=/usr/lib/erlang',
      `ROOTDIR=$(cd "$(dirname "$0")/${levels}" && pwd)`,
    )
    if (relocated !== text) writeFileSync(script, relocated)
  }
}
