import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineError } from './engine-error.ts'
import { EngineProcess, stopRecorded } from './engine-process.ts'
import { freePorts } from './free-ports.ts'
import { readState, writeState } from './kept-state.ts'
import { findPostgresBinaries } from './postgres-binaries.ts'
import type { PostgresVersion } from './postgres-binaries.ts'
import { DATABASE, makeDatabase, postgresAddress } from './postgres-address.ts'
import { openPostgresCluster, postgresEnvironment } from './postgres-cluster.ts'
import { waitUntil } from './wait-until.ts'

export interface PrivatePostgresOptions {
  /** Missing: the newest one. A data folder belongs to the version that made it. */
  readonly version?: PostgresVersion | undefined
  readonly dataFolder: string
  /** Without durability a crash of the machine may lose everything: for tests only. */
  readonly isDurable: boolean
  /** Ends a start that is no longer wanted; it rejects, and `stop` is still to be called. */
  readonly signal?: AbortSignal
}

interface PostgresState {
  readonly password: string
  readonly port: number
}

interface Server {
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly password: string
}

/** A free port may be gone before Postgres listens on it. */
const STARTS = 3
/** After a crash some minutes of log are replayed at most; a guess, ten times what was seen. */
const READY_WITHIN_MS = 120_000

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  // No socket file: its path may have 107 characters only, which a deep clone exceeds.
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
} as const

const FORGETFUL_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } as const

/** A Postgres of our own on a port of 127.0.0.1. Its data and its password live in `dataFolder` and outlast it. */
export class PrivatePostgres {
  readonly #options: PrivatePostgresOptions
  #process: EngineProcess | null = null

  constructor(options: PrivatePostgresOptions) {
    this.#options = options
  }

  /** Makes the cluster at the first start. Returns the database's address once it answers; throws `EngineError`. */
  async start(): Promise<string> {
    const { dataFolder, isDurable, version } = this.#options
    const binaries = findPostgresBinaries(version)
    mkdirSync(dataFolder, { recursive: true, mode: 0o711 })
    // Before a port is chosen: what a killed supervisor left running still holds the one that should be kept.
    await stopRecorded(this.#program)
    const { password } = this.#keepState({})
    const { folder, identity } = await openPostgresCluster({ binaries, dataFolder, password, isDurable })
    const settings = Object.entries({ ...SETTINGS, ...(isDurable ? {} : FORGETFUL_SETTINGS) })
    const flags = settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const command = [...identity.prefix, binaries.postgres, '-D', folder, ...flags]
    return this.#startOnFreePort({ command, env: postgresEnvironment(binaries), password })
  }

  async stop(): Promise<void> {
    await this.#process?.stop()
    this.#process = null
  }

  /** Ends the server and every backend at once; `start` recovers on the same port. */
  async kill(): Promise<void> {
    await this.#process?.kill()
    this.#process = null
  }

  /** Freezes the server with every backend until `resume`. */
  pause(): void {
    this.#process?.pause()
  }

  resume(): void {
    this.#process?.resume()
  }

  /**
   * Stops and starts on the same port. `fast` ends every session and writes everything down; `immediate` leaves that
   * to the recovery at the start.
   */
  async restart(mode: 'fast' | 'immediate'): Promise<string> {
    this.#process = null
    await stopRecorded({ ...this.#program, stopSignal: mode === 'fast' ? 'SIGINT' : 'SIGQUIT' })
    return this.start()
  }

  /**
   * Ends the process of one session (`pg_backend_pid()`) as the kernel does when memory runs out: the server ends all
   * other sessions, too, and recovers by itself.
   */
  killBackend(pid: number): void {
    process.kill(pid, 'SIGKILL')
  }

  /** Removes everything, ending first what an earlier, killed supervisor left running. */
  async erase(): Promise<void> {
    await stopRecorded(this.#program)
    rmSync(this.#options.dataFolder, { recursive: true, force: true })
  }

  async #startOnFreePort(server: Server): Promise<string> {
    for (let starts = 1; ; starts++) {
      this.#options.signal?.throwIfAborted()
      const { port } = await freePorts(['port'], { port: this.#keepState({}).port })
      this.#keepState({ port })
      const failure = await this.#startOn(port, server)
      if (failure === null) return postgresAddress({ password: server.password, port, database: DATABASE })
      await this.stop()
      if (starts === STARTS) throw failure
    }
  }

  async #startOn(port: number, { command, env, password }: Server): Promise<EngineError | null> {
    const [first = '', ...rest] = command
    const engine = new EngineProcess({
      ...this.#program,
      command: [first, ...rest, '-c', `port=${port}`],
      env,
    })
    this.#process = engine
    await engine.start()
    const server = postgresAddress({ password, port, database: 'postgres' })
    const answer = await waitUntil(async () => engine.hasEnded || (await makeDatabase(server)), {
      deadlineMs: READY_WITHIN_MS,
      signal: this.#options.signal,
    })
    return answer === null || engine.hasEnded ? engine.failure('Postgres did not become ready') : null
  }

  get #program() {
    return {
      name: 'Postgres',
      logFile: join(this.#options.dataFolder, 'postgres.log'),
      recordFile: join(this.#options.dataFolder, 'process.json'),
      // The fast shutdown disconnects clients and writes everything; the immediate one leaves that to nobody.
      stopSignal: this.#options.isDurable ? ('SIGINT' as const) : ('SIGQUIT' as const),
      stopGraceMs: 30_000,
    }
  }

  #keepState(change: Partial<PostgresState>): PostgresState {
    const file = join(this.#options.dataFolder, 'state.json')
    const known = readState<PostgresState>(file)
    const state = { password: randomBytes(24).toString('base64url'), port: 0, ...known, ...change }
    writeState(file, state)
    return state
  }
}
