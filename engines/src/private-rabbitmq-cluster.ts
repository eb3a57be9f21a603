import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from './engine-error.ts'
import { Epmd } from './epmd.ts'
import { plainPath } from './plain-path.ts'
import type { PlainPath } from './plain-path.ts'
import type { PrivateRabbitMqOptions } from './private-rabbitmq.ts'
import { countRunningNodes } from './rabbitmq-addresses.ts'
import type { RabbitMqNode } from './rabbitmq-files.ts'
import { findRabbitMq } from './rabbitmq-installation.ts'
import { keepClusterState } from './rabbitmq-cluster-state.ts'
import { RabbitMqMember } from './rabbitmq-member.ts'
import { RabbitMqServer } from './rabbitmq-server.ts'
import { waitUntil } from './wait-until.ts'

export interface PrivateRabbitMqClusterOptions extends PrivateRabbitMqOptions {
  /** Three, unless told otherwise; fewer than three survive the loss of none. */
  readonly nodes?: number
}

export interface RabbitMqClusterAddresses {
  readonly amqpUrls: readonly string[]
  readonly amqpManagementUrls: readonly string[]
}

/** The nodes have seen each other within a second; a guess, for a machine that is busy with their start. */
const TOGETHER_WITHIN_MS = 60_000

/**
 * A RabbitMQ cluster of our own on one machine: a node name, ports and a data folder for each node, one epmd, one
 * cookie, one user. Everything is kept in `dataFolder`, so that each node comes back as itself.
 */
export class PrivateRabbitMqCluster {
  readonly #options: PrivateRabbitMqClusterOptions
  readonly #epmd: Epmd
  readonly #servers: readonly RabbitMqServer[]
  #members: readonly RabbitMqMember[] = []
  #cache: PlainPath | null = null

  constructor(options: PrivateRabbitMqClusterOptions) {
    this.#options = options
    this.#epmd = new Epmd(options.dataFolder)
    this.#servers = Array.from(
      { length: options.nodes ?? 3 },
      (_, index) =>
        new RabbitMqServer({
          dataFolder: join(options.dataFolder, `node-${index + 1}`),
          name: `RabbitMQ ${index + 1}`,
          isDurable: options.isDurable,
          signal: options.signal,
        }),
    )
  }

  /** Returns once every node serves clients and sees all others. Throws `EngineError`; `stop` is still to be called. */
  async start(): Promise<RabbitMqClusterAddresses> {
    const { dataFolder, cacheFolder, onProgress } = this.#options
    mkdirSync(dataFolder, { recursive: true, mode: 0o711 })
    mkdirSync(cacheFolder, { recursive: true })
    await this.#stopLeftovers()
    this.#cache ??= plainPath(cacheFolder)
    const nodes = await this.#nodes(this.#cache.path)
    const [first] = nodes
    if (first === undefined) throw new TypeError('A cluster needs at least one node')
    onProgress(`starting ${nodes.length} nodes of RabbitMQ`)
    await this.#epmd.start(first)
    this.#members = this.#servers.flatMap((server, index) => {
      const node = nodes[index]
      return node === undefined ? [] : [new RabbitMqMember(node, server)]
    })
    await Promise.all(this.#members.map((member) => member.start()))
    await this.whole()
    return this.addresses
  }

  /** In the order of their names. Empty before the first start. */
  get members(): readonly RabbitMqMember[] {
    return this.#members
  }

  get addresses(): RabbitMqClusterAddresses {
    const addresses = this.#members.map((member) => member.addresses)
    return {
      amqpUrls: addresses.map(({ amqpUrl }) => amqpUrl),
      amqpManagementUrls: addresses.map(({ amqpManagementUrl }) => amqpManagementUrl),
    }
  }

  /** Starts whoever does not run, all at once, and waits until every node sees all others. */
  async restore(): Promise<void> {
    for (const member of this.#members) member.resume()
    await Promise.all(this.#members.map((member) => member.start()))
    await this.whole()
  }

  /** Waits until every node sees all others. Throws `EngineError` when they do not find each other. */
  async whole(): Promise<void> {
    const all = this.#members.length
    const areTogether = async (): Promise<boolean> => {
      const seen = await Promise.all(this.#members.map(({ addresses }) => countRunningNodes(addresses)))
      return seen.every((count) => count === all)
    }
    const { signal } = this.#options
    if (await waitUntil(areTogether, { deadlineMs: TOGETHER_WITHIN_MS, everyMs: 200, signal })) return
    throw new EngineError('the nodes of RabbitMQ do not all see each other', {
      advice: `Their logs are below ${this.#options.dataFolder}.`,
    })
  }

  /** The node that leads the quorum queue, or null while nobody does. Asks a running node, which takes about a second. */
  async leaderOf(queue: string, virtualHost = '/'): Promise<RabbitMqMember | null> {
    const asked = this.#members.find((member) => member.isRunning)
    if (asked === undefined) return null
    const args = ['-q', '-p', virtualHost, 'list_queues', '--formatter', 'json', 'name', 'leader']
    const queues = JSON.parse(await asked.control(args)) as { name: string; leader?: string }[]
    const leader = queues.find(({ name }) => name === queue)?.leader
    return this.#members.find(({ name, isRunning }) => name === leader && isRunning) ?? null
  }

  /**
   * A node that lost its data comes back: it is killed, its data are removed, the others forget it, and it joins as a
   * new member and takes its part in every queue. Needs a majority of the others.
   */
  async replace(member: RabbitMqMember): Promise<void> {
    await member.kill()
    member.forget()
    const other = this.#members.find((candidate) => candidate !== member && candidate.isRunning)
    if (other === undefined) throw new Error('no other node is running')
    await other.control(['forget_cluster_node', member.name])
    await member.start()
    await other.controlQueues(['grow', member.name, 'all'])
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()))
    await this.#epmd.stop()
    this.#cache?.release()
    this.#cache = null
  }

  /** Removes everything, ending first what an earlier, killed supervisor left running. */
  async erase(): Promise<void> {
    await this.#stopLeftovers()
    rmSync(this.#options.dataFolder, { recursive: true, force: true })
  }

  async #nodes(cacheFolder: string): Promise<readonly RabbitMqNode[]> {
    const { dataFolder, isDurable } = this.#options
    const installation = await findRabbitMq({ ...this.#options, cacheFolder })
    const state = await keepClusterState(dataFolder, this.#servers.length)
    const { password, cookie, nodeNames } = state
    return this.#servers.flatMap(({ folder }, index) => {
      const [nodeName, ports] = [nodeNames[index], state.ports[index]]
      if (nodeName === undefined || ports === undefined) return []
      return [{ folder, nodeName, password, ports, installation, isDurable, cluster: { nodeNames, cookie } }]
    })
  }

  async #stopLeftovers(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stopLeftover()))
    await this.#epmd.stopLeftover()
  }
}
