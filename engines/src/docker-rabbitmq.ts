import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  containerName,
  eraseContainer,
  removeContainer,
  requireDocker,
  runContainer,
} from './docker-container.ts'
import type { DockerEngineOptions } from './docker-postgres.ts'
import { EngineError } from './engine-error.ts'
import { freePorts } from './free-ports.ts'
import { readState, writeState } from './kept-state.ts'
import { RABBITMQ_USER, isRabbitMqReady, rabbitMqAddresses } from './rabbitmq-addresses.ts'
import type { RabbitMqAddresses } from './rabbitmq-addresses.ts'
import { waitUntil } from './wait-until.ts'

const IMAGE = 'rabbitmq:4-management'
const READY_WITHIN_MS = 120_000

/** RabbitMQ in a container, for platforms without a private one. The data are in a volume named after `dataFolder`. */
export class DockerRabbitMq {
  readonly #options: DockerEngineOptions
  #isStarted = false

  constructor(options: DockerEngineOptions) {
    this.#options = options
  }

  async start(): Promise<RabbitMqAddresses> {
    const { dataFolder, onProgress } = this.#options
    await requireDocker()
    mkdirSync(dataFolder, { recursive: true })
    const file = join(dataFolder, 'docker.json')
    const { password = randomBytes(24).toString('hex') } = readState<{ password: string }>(file) ?? {}
    writeState(file, { password })
    const ports = await freePorts(['amqp', 'management'])
    onProgress(`starting RabbitMQ in Docker (${IMAGE})`)
    this.#isStarted = true
    await runContainer({
      image: IMAGE,
      dataFolder,
      volumeAt: '/var/lib/rabbitmq',
      ports: [
        [ports.amqp, 5672],
        [ports.management, 15_672],
      ],
      environment: { RABBITMQ_DEFAULT_USER: RABBITMQ_USER, RABBITMQ_DEFAULT_PASS: password },
      hostname: 'redrive-rabbitmq',
    })
    const addresses = rabbitMqAddresses({ password, ports })
    if (
      await waitUntil(() => isRabbitMqReady(addresses), {
        deadlineMs: READY_WITHIN_MS,
        signal: this.#options.signal,
      })
    )
      return addresses
    const name = containerName({ image: IMAGE, dataFolder })
    throw new EngineError(`RabbitMQ in the container ${name} did not become ready`, {
      advice: `See \`docker logs ${name}\`.`,
    })
  }

  async stop(): Promise<void> {
    if (!this.#isStarted) return
    this.#isStarted = false
    await removeContainer(containerName({ image: IMAGE, dataFolder: this.#options.dataFolder }))
  }

  /** Removes everything, if an earlier start came to this. */
  async erase(): Promise<void> {
    const { dataFolder } = this.#options
    if (readState(join(dataFolder, 'docker.json')) === null) return
    await eraseContainer(containerName({ image: IMAGE, dataFolder }))
    rmSync(dataFolder, { recursive: true, force: true })
  }
}
