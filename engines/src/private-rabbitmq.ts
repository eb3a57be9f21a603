import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineError } from './engine-error.ts'
import { Epmd } from './epmd.ts'
import { freePorts } from './free-ports.ts'
import { readState, writeState } from './kept-state.ts'
import { plainPath } from './plain-path.ts'
import type { PlainPath } from './plain-path.ts'
import { rabbitMqAddresses } from './rabbitmq-addresses.ts'
import type { RabbitMqAddresses } from './rabbitmq-addresses.ts'
import { RABBITMQ_PORTS } from './rabbitmq-files.ts'
import type { RabbitMqNode, RabbitMqPorts } from './rabbitmq-files.ts'
import { findRabbitMq } from './rabbitmq-installation.ts'
import { RabbitMqServer } from './rabbitmq-server.ts'
import type { RabbitMqVersion } from './rabbitmq-version.ts'

export interface PrivateRabbitMqOptions {
  /** Missing: the one that is installed, else what this machine's release has. A data folder belongs to one version. */
  readonly version?: RabbitMqVersion | undefined
  readonly dataFolder: string
  /** Where packages fetched once are kept. */
  readonly cacheFolder: string
  /** False ends the node at once instead of politely: for tests only. */
  readonly isDurable: boolean
  readonly onProgress: (text: string) => void
  /** Ends a start that is no longer wanted; it rejects, and `stop` is still to be called. */
  readonly signal?: AbortSignal
}

interface RabbitMqState {
  readonly nodeName: string
  readonly password: string
  readonly ports: Partial<RabbitMqPorts>
}

const STARTS = 3

/** A RabbitMQ node of our own on ports of 127.0.0.1. Its data and password live in `dataFolder` and outlast it. */
export class PrivateRabbitMq {
  readonly #options: PrivateRabbitMqOptions
  readonly #epmd: Epmd
  readonly #server: RabbitMqServer
  /** RabbitMQ's own start scripts stumble over spaces. */
  #cache: PlainPath | null = null

  constructor(options: PrivateRabbitMqOptions) {
    this.#options = options
    this.#epmd = new Epmd(options.dataFolder)
    this.#server = new RabbitMqServer({ ...options, name: 'RabbitMQ' })
  }

  /** Fetches RabbitMQ if it must, and returns the addresses once it answers. Throws `EngineError`. */
  async start(): Promise<RabbitMqAddresses> {
    const { dataFolder, cacheFolder, isDurable, onProgress, signal } = this.#options
    mkdirSync(dataFolder, { recursive: true, mode: 0o711 })
    await this.#stopLeftovers()
    mkdirSync(cacheFolder, { recursive: true })
    this.#cache ??= plainPath(cacheFolder)
    const installation = await findRabbitMq({ ...this.#options, cacheFolder: this.#cache.path })
    onProgress('starting RabbitMQ')
    for (let starts = 1; ; starts++) {
      signal?.throwIfAborted()
      const known = this.#keepState({})
      const ports = await freePorts(RABBITMQ_PORTS, known.ports)
      const { nodeName, password } = this.#keepState({ ports })
      const { folder } = this.#server
      const node = { folder, nodeName, password, ports, installation, isDurable }
      const failure = await this.#startNode(node)
      if (failure === null) return rabbitMqAddresses(node)
      await this.#stopNode()
      if (starts === STARTS) throw failure
    }
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    await this.#stopNode()
    this.#cache?.release()
    this.#cache = null
  }

  /** Ends the node at once. `start` brings it back on the same ports, with what it had on its disk. */
  async kill(): Promise<void> {
    await this.#server.kill()
  }

  /** Freezes the node, which then holds its connections and answers nothing, until `resume`. */
  pause(): void {
    this.#server.pause()
  }

  resume(): void {
    this.#server.resume()
  }

  /** Removes what a stopped node knows, its name, ports and password apart: `start` brings back an empty one. */
  forget(): void {
    this.#server.forget()
  }

  /** Runs `rabbitmqctl` against the node and answers what it printed. Throws `CommandError`. */
  async control(args: readonly string[]): Promise<string> {
    return this.#server.run('rabbitmqctl', args)
  }

  /** Removes everything, ending first what an earlier, killed supervisor left running. */
  async erase(): Promise<void> {
    await this.#stopLeftovers()
    rmSync(this.#options.dataFolder, { recursive: true, force: true })
  }

  async #startNode(node: RabbitMqNode): Promise<EngineError | null> {
    await this.#epmd.start(node)
    return this.#server.start(node)
  }

  async #stopNode(): Promise<void> {
    await this.#server.stop()
    await this.#epmd.stop()
  }

  async #stopLeftovers(): Promise<void> {
    await this.#server.stopLeftover()
    await this.#epmd.stopLeftover()
  }

  #keepState(change: Partial<RabbitMqState>): RabbitMqState {
    const file = join(this.#options.dataFolder, 'state.json')
    const known = readState<RabbitMqState>(file)
    const fresh = {
      // The data's folder carries the node's name, so the name stays; the host part resolves on every machine.
      nodeName: `redrive-${randomBytes(6).toString('hex')}@localhost`,
      password: randomBytes(24).toString('hex'),
      ports: {},
    }
    const state = { ...fresh, ...known, ...change }
    writeState(file, state)
    return state
  }
}
