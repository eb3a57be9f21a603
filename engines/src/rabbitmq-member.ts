import { freePorts } from './free-ports.ts'
import { rabbitMqAddresses } from './rabbitmq-addresses.ts'
import type { RabbitMqAddresses } from './rabbitmq-addresses.ts'
import type { RabbitMqNode } from './rabbitmq-files.ts'
import type { RabbitMqServer } from './rabbitmq-server.ts'

/**
 * One node of a cluster. `start` waits for as many others as the cluster needs for its majority, so nodes that were all
 * stopped are started together.
 */
export class RabbitMqMember {
  readonly name: string
  readonly addresses: RabbitMqAddresses
  readonly #node: RabbitMqNode
  readonly #server: RabbitMqServer
  #isRunning = false

  constructor(node: RabbitMqNode, server: RabbitMqServer) {
    this.name = node.nodeName
    this.addresses = rabbitMqAddresses(node)
    this.#node = node
    this.#server = server
  }

  /** False from the moment it is stopped or killed until it serves clients again. A frozen one counts as running. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  /** On the same ports as before. Throws `EngineError`. */
  async start(): Promise<void> {
    if (this.#isRunning) return
    // A killed node is gone before its sockets are.
    await freePorts(['amqp'], this.#node.ports)
    const failure = await this.#server.start(this.#node)
    if (failure !== null) {
      await this.#server.kill()
      throw failure
    }
    this.#isRunning = true
  }

  /** Lets the node hand over what it leads and say goodbye. Idempotent. */
  async stop(): Promise<void> {
    this.#isRunning = false
    await this.#server.stop(true)
  }

  /** Ends it at once. Idempotent. */
  async kill(): Promise<void> {
    this.#isRunning = false
    await this.#server.kill()
  }

  /** Freezes it: it holds its connections and answers neither clients nor the other nodes, until `resume`. */
  pause(): void {
    this.#server.pause()
  }

  resume(): void {
    this.#server.resume()
  }

  /** Removes what the stopped node keeps. It comes back as a stranger: see `PrivateRabbitMqCluster.replace`. */
  forget(): void {
    this.#server.forget()
  }

  /** Runs `rabbitmqctl` against this node and answers what it printed. Throws `CommandError`. */
  async control(args: readonly string[]): Promise<string> {
    return this.#server.run('rabbitmqctl', args)
  }

  /** Runs `rabbitmq-queues` against this node and answers what it printed. Throws `CommandError`. */
  async controlQueues(args: readonly string[]): Promise<string> {
    return this.#server.run('rabbitmq-queues', args)
  }
}
