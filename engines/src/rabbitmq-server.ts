import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { EngineError } from './engine-error.ts'
import { EngineProcess, stopRecorded } from './engine-process.ts'
import { isRabbitMqReady, rabbitMqAddresses } from './rabbitmq-addresses.ts'
import { rabbitMqEnvironment, writeRabbitMqFiles } from './rabbitmq-files.ts'
import type { RabbitMqNode } from './rabbitmq-files.ts'
import { runCommand } from './run-command.ts'
import { waitUntil } from './wait-until.ts'

export interface RabbitMqServerOptions {
  /** Holds the server's log and record, and the folder `node` with what the server keeps. */
  readonly dataFolder: string
  readonly name: string
  /** False ends the server at once instead of politely. */
  readonly isDurable: boolean
  readonly signal?: AbortSignal | undefined
}

/** A node that is still booting often does not hear that it should stop, and has nothing to lose. */
const UNREADY_GRACE_MS = 1_000
const POLITELY = { stopSignal: 'SIGTERM', stopGraceMs: 30_000 } as const
const AT_ONCE = { stopSignal: 'SIGKILL', stopGraceMs: 0 } as const
/** Seen: 4 to 8 s on two cores, more with many queues to recover; the rest is for slow disks. */
const READY_WITHIN_MS = 120_000
/** A node under load answers its command line within seconds; one that is stopped does not. */
const CONTROL_WITHIN_MS = 30_000
/** The node's own port for its distribution would be taken. */
const CONTROL_ENVIRONMENT = { RABBITMQ_DIST_PORT: undefined, RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: undefined }

/** One RabbitMQ server's process. It needs an epmd: a node that finds none starts one that nobody remembers. */
export class RabbitMqServer {
  readonly #options: RabbitMqServerOptions
  #process: EngineProcess | null = null
  #node: RabbitMqNode | null = null
  #isReady = false

  constructor(options: RabbitMqServerOptions) {
    this.#options = options
  }

  get folder(): string {
    return join(this.#options.dataFolder, 'node')
  }

  /** Null once it serves clients, else why it does not. */
  async start(node: RabbitMqNode): Promise<EngineError | null> {
    mkdirSync(this.#options.dataFolder, { recursive: true, mode: 0o711 })
    writeRabbitMqFiles(node)
    this.#node = node
    const command = [node.installation.server] as const
    // Whatever the options say of its end as a rule: one that is to end at once is killed.
    const server = new EngineProcess({
      ...this.#program,
      ...POLITELY,
      command,
      env: rabbitMqEnvironment(node),
    })
    this.#process = server
    await server.start()
    const answer = await waitUntil(
      async () => server.hasEnded || (await isRabbitMqReady(rabbitMqAddresses(node))),
      { deadlineMs: READY_WITHIN_MS, everyMs: 100, signal: this.#options.signal },
    )
    this.#isReady = answer !== null && !server.hasEnded
    return this.#isReady ? null : server.failure('RabbitMQ did not become ready')
  }

  /** Idempotent. `isPolite` overrides what the options say, for once. */
  async stop(isPolite = this.#options.isDurable): Promise<void> {
    if (isPolite) await this.#process?.stop(this.#isReady ? undefined : UNREADY_GRACE_MS)
    else await this.#process?.kill()
    this.#process = null
    this.#isReady = false
  }

  async kill(): Promise<void> {
    await this.stop(false)
  }

  /** Freezes the server, which then holds its connections and answers nothing, until `resume`. */
  pause(): void {
    this.#process?.pause()
  }

  resume(): void {
    this.#process?.resume()
  }

  /** Removes what the stopped server keeps. */
  forget(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Runs a command-line tool of RabbitMQ's against the server and answers what it printed. Throws `CommandError`. */
  async run(tool: 'rabbitmqctl' | 'rabbitmq-queues', args: readonly string[]): Promise<string> {
    const node = this.#node
    if (node === null) throw new Error('RabbitMQ was not started')
    const program = join(dirname(node.installation.server), tool)
    const env = { ...rabbitMqEnvironment(node), ...CONTROL_ENVIRONMENT }
    return runCommand(program, ['-n', node.nodeName, ...args], { env, timeoutMs: CONTROL_WITHIN_MS })
  }

  /** Ends what an earlier, killed supervisor left running. */
  async stopLeftover(): Promise<void> {
    await stopRecorded(this.#program)
  }

  get #program() {
    const { dataFolder, name } = this.#options
    return {
      name,
      logFile: join(dataFolder, 'rabbitmq.log'),
      recordFile: join(dataFolder, 'rabbitmq.process.json'),
      ...(this.#options.isDurable ? POLITELY : AT_ONCE),
    }
  }
}
