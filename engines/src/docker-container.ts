import { createHash } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './run-command.ts'

export interface ContainerPlan {
  readonly image: string
  readonly dataFolder: string
  /** Where the image keeps its data; a named volume is put there. */
  readonly volumeAt: string
  /** Host port on 127.0.0.1 to port in the container. */
  readonly ports: ReadonlyArray<readonly [host: number, container: number]>
  readonly environment: Readonly<Record<string, string>>
  /** The node's name in RabbitMQ's data is made from it, so it must not change between starts. */
  readonly hostname: string
}

const DOWNLOAD_TIMEOUT_MS = 600_000

/** The name of the container and of its volume: one for each data folder and image. */
export function containerName({ image, dataFolder }: Pick<ContainerPlan, 'image' | 'dataFolder'>): string {
  const digest = createHash('sha256').update(dataFolder).digest('hex').slice(0, 12)
  return `redrive-${image.replaceAll(/[^a-z]+/g, '-')}${digest}`
}

/** Throws `CommandError` when no Docker engine answers. */
export async function requireDocker(): Promise<void> {
  await runCommand('docker', ['version', '--format', '{{.Server.Version}}'], { timeoutMs: 10_000 })
}

/** Starts the container, replacing one that an earlier, killed supervisor left. Its data stay in the volume. */
export async function runContainer(plan: ContainerPlan): Promise<void> {
  const name = containerName(plan)
  // A file, because arguments, and passwords in them, can be read by everybody on the machine.
  const environmentFile = join(plan.dataFolder, 'container.env')
  await removeContainer(name)
  const lines = Object.entries(plan.environment).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(environmentFile, lines.join(''), { mode: 0o600 })
  const publish = plan.ports.flatMap(([host, container]) => ['-p', `127.0.0.1:${host}:${container}`])
  const run = ['run', '-d', '--name', name, '--hostname', plan.hostname, '--env-file', environmentFile]
  try {
    await runCommand('docker', [...run, ...publish, '-v', `${name}:${plan.volumeAt}`, plan.image], {
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
    })
  } finally {
    rmSync(environmentFile, { force: true })
  }
}

/** Gives the engine time to write everything, then removes the container, not its volume. No container is fine. */
export async function removeContainer(name: string): Promise<void> {
  try {
    await runCommand('docker', ['stop', '-t', '30', name], { timeoutMs: 45_000 })
    await runCommand('docker', ['rm', '-f', name])
  } catch {
    // There is no such container. If it is something worse, starting one of the same name says so.
  }
}

/** Removes the container and its volume, if there are any. */
export async function eraseContainer(name: string): Promise<void> {
  await removeContainer(name)
  await runCommand('docker', ['volume', 'rm', '-f', name])
}
