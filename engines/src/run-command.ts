import { spawn } from 'node:child_process'

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** After this the command is killed and counts as failed. */
  readonly timeoutMs?: number
  /** Kills the command, which then counts as failed. */
  readonly signal?: AbortSignal | undefined
}

/** A command that could not be started, was killed, or ended with a status other than 0. */
export class CommandError extends Error {
  readonly output: string

  constructor(message: string, output: string) {
    super(output === '' ? message : `${message}\n${output}`)
    this.name = 'CommandError'
    this.output = output
  }
}

/** The last characters of a failed command's output: enough for its reason, not for its life story. */
const OUTPUT_KEPT = 2_000

/** Runs a program to its end without a shell and returns what it wrote to standard output. Throws `CommandError`. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? 120_000,
    killSignal: 'SIGKILL',
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  let stdout = ''
  let everything = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    everything += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (everything += text))
  const ending = await new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (status, signal) => resolve(status === 0 ? null : describeEnding(status, signal)))
  })
  if (ending === null) return stdout
  throw new CommandError(`${program} ${ending}`, everything.trim().slice(-OUTPUT_KEPT))
}

function describeEnding(status: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `ended with status ${status}` : `was ended by ${signal}`
}
