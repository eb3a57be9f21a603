import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { waitFor } from '@redrive/shared/testing'
import { type ComposeService, environmentOf } from './compose-file.ts'

export interface ContainerPlan {
  /** The folder that stands for the image. */
  readonly image: string
  /** Its command and its environment are used as they are written. */
  readonly service: ComposeService
  /** What `.env` would hold. */
  readonly given: Readonly<Record<string, string>>
  /** Ports, and addresses of engines that are not called `postgres` and `rabbitmq` here. */
  readonly instead: Readonly<Record<string, string>>
}

/** A process that sees of this machine what its container would show it, as far as that goes without a container engine. */
export class Container {
  readonly #plan: ContainerPlan
  readonly #lines: string[] = []
  #process: ChildProcess | null = null
  #ended: Promise<unknown> = Promise.resolve()

  constructor(plan: ContainerPlan) {
    this.#plan = plan
  }

  get output(): string {
    return this.#lines.join('\n')
  }

  start(): void {
    const { image, service } = this.#plan
    const [, ...command] = service.command ?? []
    const child = spawn(process.execPath, command, {
      cwd: image,
      env: { NODE_ENV: 'production', ...this.#environment() },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#lines.push(line))
    }
    this.#process = child
    this.#ended = once(child, 'close')
  }

  /** The port that the process says it listens on, by the name of the event that says so. */
  async portOf(event: 'api.listening' | 'operations.listening'): Promise<number> {
    const line = await waitFor(
      () => this.#lines.find((one) => one.includes(`"${event}"`)),
      `${event} from ${this.#plan.service.command?.join(' ')}`,
      { deadlineMs: 20_000 },
    )
    return Number((JSON.parse(line) as { port: number }).port)
  }

  /** Runs the health check of the compose file; true for healthy. */
  async checkHealth(): Promise<boolean> {
    const [, , ...options] = this.#plan.service.healthcheck?.test ?? []
    const METRICS_PORT = String(await this.portOf('operations.listening'))
    return new Promise((resolve) => {
      execFile(process.execPath, options, { env: { METRICS_PORT } }, (error) => resolve(error === null))
    })
  }

  /** The exit status once the process has ended by itself. */
  async waitForEnd(): Promise<number | null> {
    await this.#ended
    return this.#process?.exitCode ?? null
  }

  async stop(): Promise<void> {
    this.#process?.kill('SIGTERM')
    await this.#ended
  }

  #environment(): Record<string, string> {
    const { service, given, instead } = this.#plan
    const environment = environmentOf(service, given)
    const known = Object.entries(instead).filter(([name]) => name in environment)
    return { ...environment, ...Object.fromEntries(known) }
  }
}
