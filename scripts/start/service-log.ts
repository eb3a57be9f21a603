import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const WARNING = 40
/** A log of an earlier start that has become longer than this is moved aside, over the one before. */
const KEPT_BYTES = 20_000_000
/** A thousand tasks that fail at once should not push everything else off the terminal. */
const LINES_SHOWN_PER_SECOND = 5

interface LogLine {
  readonly level?: number
  readonly msg?: string
  readonly error?: { readonly message?: string } | string
  readonly err?: { readonly message?: string }
}

/** Keeps every line of a service in its file, and shows warnings, errors and stray output on the terminal. */
export class ServiceLog {
  readonly #name: string
  readonly #file: string
  #second = 0
  #shownInSecond = 0
  #hidden = 0

  constructor(name: string, file: string) {
    this.#name = name
    this.#file = file
    mkdirSync(dirname(file), { recursive: true })
    if (existsSync(file) && statSync(file).size > KEPT_BYTES) renameSync(file, `${file}.1`)
  }

  get file(): string {
    return this.#file
  }

  add(line: string): void {
    appendFileSync(this.#file, `${line}\n`)
    const text = readable(line)
    if (text !== null) this.#show(text)
  }

  #show(text: string): void {
    const second = Math.floor(performance.now() / 1_000)
    if (second !== this.#second) {
      if (this.#hidden > 0) console.log(`${this.#name}: … and ${this.#hidden} more lines in ${this.#file}`)
      this.#second = second
      this.#shownInSecond = 0
      this.#hidden = 0
    }
    if (this.#shownInSecond++ < LINES_SHOWN_PER_SECOND) console.log(`${this.#name}: ${text}`)
    else this.#hidden++
  }
}

/** Null for what only the file needs to know. */
function readable(line: string): string | null {
  const parsed = parse(line)
  if (parsed === null) return line
  if ((parsed.level ?? 0) < WARNING) return null
  const reason = typeof parsed.error === 'string' ? parsed.error : (parsed.error ?? parsed.err)?.message
  return `${parsed.level === WARNING ? 'warning' : 'error'}: ${[parsed.msg, reason].filter(Boolean).join(': ')}`
}

function parse(line: string): LogLine | null {
  try {
    const parsed: unknown = JSON.parse(line)
    return typeof parsed === 'object' ? (parsed as LogLine) : null
  } catch {
    // Not a log line: the stack trace of a crash, say.
    return null
  }
}
