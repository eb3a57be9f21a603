import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { EngineError } from './engine-error.ts'
import { EngineProcess, stopRecorded } from './engine-process.ts'
import { freePorts } from './free-ports.ts'
import { readState, writeState } from './kept-state.ts'
import { isRabbitMqReady, rabbitMqAddresses } from './rabbitmq-addresses.ts'
import type { RabbitMqAddresses } from './rabbitmq-addresses.ts'
import { plainPath } from './plain-path.ts'
import type { PlainPath } from './plain-path.ts'
import { RABBITMQ_PORTS, rabbitMqEnvironment, writeRabbitMqFiles } from './rabbitmq-files.ts'
import type { RabbitMqNode, RabbitMqPorts } from './rabbitmq-files.ts'
import { findRabbitMq } from './rabbitmq-installation.ts'
import type { RabbitMqVersion } from './rabbitmq-version.ts'
import { runCommand } from './run-command.ts'
import { waitUntil } from './wait-until.ts'

export interface PrivateRabbitMqOptions {
  /** Missing: the one that is installed, else what this machine's release has. */
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
/** A node that is still booting often does not hear that it should stop, and has nothing to lose. */
const UNREADY_GRACE_MS = 1_000
/** Seen: 4 to 8 s on two cores, more with many queues to recover; the rest is for slow disks. */
const READY_WITHIN_MS = 120_000
/** A node under load answers its command line within seconds; one that is stopped does not. */
const CONTROL_WITHIN_MS = 30_000
/** The node's own port for its distribution would be taken. */
const CONTROL_ENVIRONMENT = { RABBITMQ_DIST_PORT: undefined, RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: undefined }

/** A RabbitMQ node of our own on ports of 127.0.0.1. Its data and password live in `dataFolder` and outlast it. */
export class PrivateRabbitMq {
  readonly #options: PrivateRabbitMqOptions
  #epmd: EngineProcess | null = null
  #server: EngineProcess | null = null
  #isReady = false
  /** RabbitMQ's own start scripts stumble over spaces. */
  #cache: PlainPath | null = null
  #node: RabbitMqNode | null = null

  constructor(options: PrivateRabbitMqOptions) {
    this.#options = options
  }

  /** Fetches RabbitMQ if it must, and returns the addresses once it answers. Throws `EngineError`. */
  async start(): Promise<RabbitMqAddresses> {
    mkdirSync(this.#options.dataFolder, { recursive: true, mode: 0o711 })
    await this.#stopLeftovers()
    mkdirSync(this.#options.cacheFolder, { recursive: true })
    this.#cache = plainPath(this.#options.cacheFolder)
    const installation = await findRabbitMq({ ...this.#options, cacheFolder: this.#cache.path })
    this.#options.onProgress('starting RabbitMQ')
    for (let starts = 1; ; starts++) {
      this.#options.signal?.throwIfAborted()
      const known = this.#keepState({})
      const ports = await freePorts(RABBITMQ_PORTS, known.ports)
      const { nodeName, password } = this.#keepState({ ports })
      const { isDurable } = this.#options
      const folder = join(this.#options.dataFolder, 'node')
      const node = { folder, nodeName, password, ports, installation, isDurable }
      this.#node = node
      const failure = await this.#startNode(node)
      this.#isReady = failure === null
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
    await this.#server?.kill()
    this.#isReady = false
  }

  /** Freezes the node, which then holds its connections and answers nothing, until `resume`. */
  pause(): void {
    this.#server?.pause()
  }

  resume(): void {
    this.#server?.resume()
  }

  /** Removes what a stopped node knows, its name, ports and password apart: `start` brings back an empty one. */
  forget(): void {
    rmSync(join(this.#options.dataFolder, 'node'), { recursive: true, force: true })
  }

  /** Runs `rabbitmqctl` against the node and answers what it printed. Throws `CommandError`. */
  async control(args: readonly string[]): Promise<string> {
    const node = this.#node
    if (node === null) throw new Error('RabbitMQ was not started')
    const program = join(dirname(node.installation.server), 'rabbitmqctl')
    const env = { ...rabbitMqEnvironment(node), ...CONTROL_ENVIRONMENT }
    return runCommand(program, ['-n', node.nodeName, ...args], { env, timeoutMs: CONTROL_WITHIN_MS })
  }

  /** The node first: it keeps asking epmd while it runs. */
  async #stopNode(): Promise<void> {
    await this.#server?.stop(this.#isReady ? undefined : UNREADY_GRACE_MS)
    this.#isReady = false
    await this.#epmd?.stop()
    this.#server = null
    this.#epmd = null
  }

  /** Removes everything, ending first what an earlier, killed supervisor left running. */
  async erase(): Promise<void> {
    await this.#stopLeftovers()
    rmSync(this.#options.dataFolder, { recursive: true, force: true })
  }

  /**
   * n.b. a node that finds no epmd starts one that outlives it and nobody remembers. So ours is there before the node.
   */
  async #startNode(node: RabbitMqNode): Promise<EngineError | null> {
    writeRabbitMqFiles(node)
    const env = rabbitMqEnvironment(node)
    const epmd = ['epmd', '-port', String(node.ports.epmd), '-address', '127.0.0.1'] as const
    this.#epmd = new EngineProcess({ ...this.#epmdProgram, command: resolveOn(node, epmd), env })
    await this.#epmd.start()
    const server = new EngineProcess({ ...this.#serverProgram, command: [node.installation.server], env })
    this.#server = server
    await server.start()
    const answer = await waitUntil(
      async () => server.hasEnded || (await isRabbitMqReady(rabbitMqAddresses(node))),
      {
        deadlineMs: READY_WITHIN_MS,
        everyMs: 100,
        signal: this.#options.signal,
      },
    )
    return answer === null || server.hasEnded ? server.failure('RabbitMQ did not become ready') : null
  }

  async #stopLeftovers(): Promise<void> {
    await stopRecorded(this.#serverProgram)
    await stopRecorded(this.#epmdProgram)
  }

  get #serverProgram() {
    return this.#program({ name: 'RabbitMQ', stopGraceMs: 30_000 })
  }

  get #epmdProgram() {
    return this.#program({ name: 'epmd', stopGraceMs: 5_000 })
  }

  #program({ name, stopGraceMs }: { readonly name: string; readonly stopGraceMs: number }) {
    const file = (suffix: string): string => join(this.#options.dataFolder, `${name.toLowerCase()}.${suffix}`)
    const ending = this.#options.isDurable
      ? { stopSignal: 'SIGTERM' as const, stopGraceMs }
      : { stopSignal: 'SIGKILL' as const, stopGraceMs: 0 }
    return { name, ...ending, logFile: file('log'), recordFile: file('process.json') }
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

function resolveOn(
  { installation }: RabbitMqNode,
  [program, ...args]: readonly [string, ...string[]],
): [string, ...string[]] {
  const [folder] = installation.path
  return [folder === undefined ? program : join(folder, program), ...args]
}
