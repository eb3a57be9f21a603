import { join } from 'node:path'
import { EngineProcess, stopRecorded } from './engine-process.ts'
import { rabbitMqEnvironment } from './rabbitmq-files.ts'
import type { RabbitMqNode } from './rabbitmq-files.ts'

/**
 * Erlang's port mapper, of our own, for one node or for all nodes of a cluster. It is there before the first node: a
 * node that finds none starts one that outlives it and nobody remembers.
 */
export class Epmd {
  readonly #dataFolder: string
  #process: EngineProcess | null = null

  constructor(dataFolder: string) {
    this.#dataFolder = dataFolder
  }

  /** The node tells the port and where the program is. */
  async start(node: RabbitMqNode): Promise<void> {
    const [folder] = node.installation.path
    const program = folder === undefined ? 'epmd' : join(folder, 'epmd')
    this.#process = new EngineProcess({
      ...this.#program,
      command: [program, '-port', String(node.ports.epmd), '-address', '127.0.0.1'],
      env: rabbitMqEnvironment(node),
    })
    await this.#process.start()
  }

  /** After its nodes, which keep asking it while they run. It keeps nothing, so it may end at once. Idempotent. */
  async stop(): Promise<void> {
    await this.#process?.kill()
    this.#process = null
  }

  async stopLeftover(): Promise<void> {
    await stopRecorded(this.#program)
  }

  get #program() {
    return {
      name: 'epmd',
      logFile: join(this.#dataFolder, 'epmd.log'),
      recordFile: join(this.#dataFolder, 'epmd.process.json'),
      stopSignal: 'SIGKILL' as const,
      stopGraceMs: 0,
    }
  }
}
