import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { hasDebianPackages, unpackDebianPackages } from './debian-packages.ts'
import { EngineError } from './engine-error.ts'

export interface RabbitMqInstallation {
  /** The start script of the release itself, not the system's wrapper, which would change user and folders. */
  readonly server: string
  readonly plugins: string
  /** Put before PATH, so that the right Erlang is found. */
  readonly path: readonly string[]
}

export interface RabbitMqSource {
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

const ERLANG = 'usr/lib/erlang'

const ADVICE =
  'Install RabbitMQ 3.10 or newer (it is run privately, a running one is not touched), or set AMQP_URL to one, or start a Docker engine.'

/** The system's RabbitMQ, else the distribution's packages unpacked in the cache. Throws `EngineError` when neither can be had. */
export async function findRabbitMq(source: RabbitMqSource): Promise<RabbitMqInstallation> {
  const installed = installedRabbitMq()
  if (installed !== null) return installed
  if (!hasDebianPackages()) {
    throw new EngineError('there is no RabbitMQ on this machine, and no Debian packages to take it from', {
      advice: ADVICE,
    })
  }
  const root = await unpackDebianPackages({ ...source, packages: PACKAGES, prepare: relocateErlang })
  const found = releaseBelow(join(root, 'usr/lib/rabbitmq/lib'))
  if (found === null) {
    throw new EngineError(`the RabbitMQ packages in ${root} hold no server`, {
      advice: `Remove ${root} and start again.`,
    })
  }
  return { ...found, path: [join(root, ERLANG, 'bin')] }
}

/** A system-wide installation, wherever its platform puts it; Erlang must be there too. */
function installedRabbitMq(): RabbitMqInstallation | null {
  if (!existsOnPath('erl')) return null
  const folders = [
    '/usr/lib/rabbitmq/lib',
    '/opt/rabbitmq',
    '/opt/homebrew/opt/rabbitmq',
    '/usr/local/opt/rabbitmq',
  ]
  for (const folder of folders) {
    const found = releaseBelow(folder)
    if (found !== null) return { ...found, path: [] }
  }
  return null
}

function releaseBelow(folder: string): Omit<RabbitMqInstallation, 'path'> | null {
  if (!existsSync(folder)) return null
  const below = readdirSync(folder).filter((name) => name.startsWith('rabbitmq_server-'))
  const newest = below.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)
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
