import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { REPOSITORY_FOLDER } from '@redrive/shared/testing'
import { listContext, parseIgnoreFile } from './build-context.ts'
import { type Instruction, parseDockerfile, type Stage, WORK_FOLDER } from './parse-dockerfile.ts'

const run = promisify(execFile)
const COMMAND_LIMIT_MS = 300_000

/**
 * Does what the Dockerfile says, stage by stage, in folders instead of layers: the same files from the same context, the
 * same commands. Answers the folder that is the last stage's work folder. The base image is replaced by this machine.
 */
export async function replayDockerfile(folder: string): Promise<string> {
  const stages = parseDockerfile(readFileSync(join(REPOSITORY_FOLDER, 'Dockerfile'), 'utf8'))
  copyContext(join(folder, 'context'))
  // Commands find this very Node first, and no tool of the repository's own node_modules.
  mkdirSync(join(folder, 'bin'))
  symlinkSync(process.execPath, join(folder, 'bin/node'))
  for (const stage of stages) await replayStage(folder, stage)
  return join(folder, stages.at(-1)?.name ?? '')
}

function copyContext(to: string): void {
  const rules = parseIgnoreFile(readFileSync(join(REPOSITORY_FOLDER, '.dockerignore'), 'utf8'))
  for (const path of listContext(REPOSITORY_FOLDER, rules)) {
    cpSync(join(REPOSITORY_FOLDER, path), join(to, path))
  }
}

async function replayStage(folder: string, stage: Stage): Promise<void> {
  const here = join(folder, stage.name)
  const base = join(folder, stage.base)
  if (existsSync(base)) cpSync(base, here, { recursive: true, verbatimSymlinks: true })
  else mkdirSync(here)
  const environment: Record<string, string> = {}
  for (const instruction of stage.instructions) {
    await replayInstruction(instruction, { folder, here, environment })
  }
}

interface Place {
  readonly folder: string
  readonly here: string
  readonly environment: Record<string, string>
}

async function replayInstruction(instruction: Instruction, place: Place): Promise<void> {
  switch (instruction.kind) {
    case 'copy':
      return copy(instruction, place)
    case 'run':
      return runCommand(instruction.command, place)
    case 'env':
      place.environment[instruction.name] = instruction.value
      return
    case 'user':
      return
  }
}

async function runCommand(command: string, { folder, here, environment }: Place): Promise<void> {
  const env = { ...commandEnvironment(folder), ...environment }
  try {
    await run('sh', ['-c', command], { cwd: here, env, timeout: COMMAND_LIMIT_MS })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Error(`RUN ${command} failed:\n${stdout}\n${stderr}`, { cause: error })
  }
}

/** A folder's contents are copied, not the folder: what the builder does, and the other way round than `cp`. */
function copy({ from, sources, to }: Extract<Instruction, { kind: 'copy' }>, { folder, here }: Place): void {
  for (const source of sources) {
    const path =
      from === null ? join(folder, 'context', source) : join(folder, from, relative(WORK_FOLDER, source))
    const isFile = statSync(path).isFile()
    const target =
      isFile && to.endsWith('/') ? join(here, to, source.split('/').at(-1) ?? '') : join(here, to)
    mkdirSync(dirname(target), { recursive: true })
    cpSync(path, target, { recursive: true, verbatimSymlinks: true })
  }
}

/** What reaches the registry from here, and nothing that `npm test` or Jest put into the environment. */
function commandEnvironment(folder: string): Record<string, string> {
  const kept =
    /^(HOME|npm_config_(registry|cache|userconfig|globalconfig)|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS)$/i
  const path = (process.env['PATH'] ?? '').split(':').filter((one) => !one.startsWith(REPOSITORY_FOLDER))
  return {
    ...Object.fromEntries(
      Object.entries(process.env).flatMap(([name, value]) =>
        kept.test(name) && value !== undefined ? [[name, value]] : [],
      ),
    ),
    PATH: [join(folder, 'bin'), ...path].join(':'),
    // The packages are on this machine already, or these tests would not run.
    npm_config_prefer_offline: 'true',
  }
}
