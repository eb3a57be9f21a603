import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { RABBITMQ_USER } from './rabbitmq-addresses.ts'
import type { RabbitMqInstallation } from './rabbitmq-installation.ts'

export const RABBITMQ_PORTS = ['amqp', 'management', 'prometheus', 'distribution', 'epmd'] as const
export type RabbitMqPorts = Record<(typeof RABBITMQ_PORTS)[number], number>

export interface RabbitMqNode {
  readonly folder: string
  readonly nodeName: string
  readonly password: string
  readonly ports: RabbitMqPorts
  readonly installation: RabbitMqInstallation
  /** False leaves out the wait for the disk: what a machine that stops forgets, tests do not miss. */
  readonly isDurable: boolean
  /** For a node that forms a cluster with others. */
  readonly cluster?: RabbitMqClusterFormation
}

export interface RabbitMqClusterFormation {
  /** The names of all nodes, this one too. */
  readonly nodeNames: readonly string[]
  /** The secret by which Erlang's nodes know each other. */
  readonly cookie: string
}

/** Prometheus' endpoint is a convenience that some distributions leave out. */
const PLUGINS = ['rabbitmq_management', 'rabbitmq_prometheus'] as const

/** Writes the node's configuration; everything it listens on is on 127.0.0.1, and there is no user `guest`. */
export function writeRabbitMqFiles(node: RabbitMqNode): void {
  for (const folder of ['', 'mnesia', 'log', 'home'])
    mkdirSync(join(node.folder, folder), { recursive: true, mode: 0o700 })
  const plugins = presentPlugins(node.installation.plugins)
  writeFileSync(join(node.folder, 'enabled_plugins'), `[${plugins.join(',')}].\n`)
  writeFileSync(join(node.folder, 'rabbitmq.conf'), configuration(node, plugins), { mode: 0o600 })
  writeFileSync(join(node.folder, 'advanced.config'), advancedConfiguration(node))
  if (node.cluster !== undefined) writeCookie(node.folder, node.cluster.cookie)
}

/** n.b. Erlang refuses a cookie that others may read, and the owner may not write over a file of mode 0400. */
function writeCookie(folder: string, cookie: string): void {
  const file = join(folder, 'home/.erlang.cookie')
  if (!existsSync(file)) writeFileSync(file, cookie, { mode: 0o400 })
}

/** The environment that keeps the node apart from any other RabbitMQ or Erlang of the machine. */
export function rabbitMqEnvironment({
  folder,
  nodeName,
  ports,
  installation,
}: RabbitMqNode): Record<string, string | undefined> {
  const foreign = /^(RABBITMQ_|ERL_|ERLANG_|CONF_ENV_FILE|NOTIFY_SOCKET)/
  const inherited = Object.entries(process.env).filter(([name]) => !foreign.test(name))
  return {
    ...Object.fromEntries(inherited),
    PATH: [...installation.path, process.env['PATH']].join(delimiter),
    HOME: join(folder, 'home'),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_CRASH_DUMP_SECONDS: '0',
    RABBITMQ_NODENAME: nodeName,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(ports.amqp),
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_FEATURE_FLAGS_FILE: join(folder, 'feature_flags'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, 'generated'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_PID_FILE: join(folder, 'rabbitmq.pid'),
    // n.b. the distribution listens on every address unless told otherwise; no setting of RabbitMQ's does that.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  }
}

function presentPlugins(folder: string): readonly string[] {
  const present = existsSync(folder) ? readdirSync(folder) : []
  return PLUGINS.filter((plugin) => present.some((name) => name.startsWith(plugin)))
}

function configuration({ ports, password, cluster }: RabbitMqNode, plugins: readonly string[]): string {
  return [
    `listeners.tcp.local = 127.0.0.1:${ports.amqp}`,
    `default_user = ${RABBITMQ_USER}`,
    `default_pass = ${password}`,
    'default_user_tags.administrator = true',
    'default_permissions.configure = .*',
    'default_permissions.read = .*',
    'default_permissions.write = .*',
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${ports.management}`,
    ...(plugins.includes('rabbitmq_prometheus')
      ? ['prometheus.tcp.ip = 127.0.0.1', `prometheus.tcp.port = ${ports.prometheus}`]
      : []),
    'log.console = false',
    'log.file.level = warning',
    // Publishing stops when less is left on the disk.
    'disk_free_limit.absolute = 200MB',
    ...(cluster === undefined ? [] : clusterConfiguration(cluster.nodeNames)),
    '',
  ].join('\n')
}

/** The nodes find each other at their first start; later each one remembers the others. */
function clusterConfiguration(nodeNames: readonly string[]): readonly string[] {
  return [
    'cluster_formation.peer_discovery_backend = classic_config',
    ...nodeNames.map((name, index) => `cluster_formation.classic_config.nodes.${index + 1} = ${name}`),
    // What RabbitMQ advises for three nodes; from 4.3 on the majority decides, whatever is said here.
    'cluster_partition_handling = pause_minority',
  ]
}

/**
 * Quorum queues sync each batch of their log before they confirm it, and so each step of a test would wait for whoever
 * else keeps the disk busy. A process that is killed loses nothing by it: what was written is the kernel's by then.
 */
function advancedConfiguration({ isDurable }: RabbitMqNode): string {
  return isDurable ? '[].\n' : '[{ra, [{wal_sync_method, none}]}].\n'
}
