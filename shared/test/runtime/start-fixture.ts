import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Fixture {
  readonly child: ChildProcess
  /** Everything written to standard output so far. */
  output(): string
  /** Resolves when the output contains the text. */
  says(text: string): Promise<void>
  /** How the process ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/** Runs a program of the fixtures folder as a process of its own. */
export function startFixture(name: string, ...parameters: string[]): Fixture {
  const file = fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
  const options = ['--conditions=redrive:source', '--no-warnings', file, ...parameters]
  const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  return {
    child,
    output: () => output,
    async says(text) {
      while (!output.includes(text)) await once(child.stdout, 'data')
    },
    ended: once(child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    })),
  }
}
