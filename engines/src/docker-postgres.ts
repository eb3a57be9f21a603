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
import { EngineError } from './engine-error.ts'
import { freePorts } from './free-ports.ts'
import { readState, writeState } from './kept-state.ts'
import { DATABASE, makeDatabase, postgresAddress } from './postgres-address.ts'
import { waitUntil } from './wait-until.ts'

export interface DockerEngineOptions {
  readonly dataFolder: string
  readonly onProgress: (text: string) => void
  readonly signal?: AbortSignal
}

const IMAGE = 'postgres:18'
const READY_WITHIN_MS = 120_000

/** Postgres in a container, for platforms without a private one. The data are in a volume named after `dataFolder`. */
export class DockerPostgres {
  readonly #options: DockerEngineOptions
  #isStarted = false

  constructor(options: DockerEngineOptions) {
    this.#options = options
  }

  async start(): Promise<string> {
    const { dataFolder, onProgress } = this.#options
    await requireDocker()
    mkdirSync(dataFolder, { recursive: true })
    const file = join(dataFolder, 'docker.json')
    const { password = randomBytes(24).toString('base64url') } = readState<{ password: string }>(file) ?? {}
    writeState(file, { password })
    const { port } = await freePorts(['port'])
    onProgress(`starting Postgres in Docker (${IMAGE})`)
    this.#isStarted = true
    await runContainer({
      image: IMAGE,
      dataFolder,
      volumeAt: '/var/lib/postgresql',
      ports: [[port, 5432]],
      environment: { POSTGRES_USER: 'redrive', POSTGRES_PASSWORD: password, POSTGRES_DB: DATABASE },
      hostname: 'redrive-postgres',
    })
    const server = postgresAddress({ password, port, database: 'postgres' })
    if (
      await waitUntil(() => makeDatabase(server), {
        deadlineMs: READY_WITHIN_MS,
        signal: this.#options.signal,
      })
    ) {
      return postgresAddress({ password, port, database: DATABASE })
    }
    const name = containerName({ image: IMAGE, dataFolder })
    throw new EngineError(`Postgres in the container ${name} did not become ready`, {
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
