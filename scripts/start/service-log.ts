import { createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import type { WriteStream } from 'node:fs'
import { dirname } from 'node:path'

const SHOWN_LEVELS: Readonly<Record<string, string>> = { warn: 'warning', error: 'error', fatal: 'error' }
/** A log of an earlier start that has become longer than this is moved aside, over the one before. */
const KEPT_BYTES = 20_000_000
/** A thousand tasks that fail at once should not push everything else off the terminal: within the window each text is shown once, and only so many. */
const WINDOW_MS = 5_000
const LINES_PER_WINDOW = 5

interface LogLine {
  readonly level?: string
  readonly message?: string
  readonly event?: string
  readonly error?: { readonly message?: string } | string
}

/** Keeps every line of a service in its file, and shows warnings, errors and stray output on the terminal. */
export class ServiceLog {
  readonly #name: string
  readonly #file: string
  readonly #stream: WriteStream
  readonly #shown = new Set<string>()
  #windowEndsAtMs = 0
  #hidden = 0

  constructor(name: string, file: string) {
    this.#name = name
    this.#file = file
    mkdirSync(dirname(file), { recursive: true })
    if (existsSync(file) && statSync(file).size > KEPT_BYTES) renameSync(file, `${file}.1`)
    this.#stream = createWriteStream(file, { flags: 'a' })
    // A full disk must not end the supervisor; the terminal still gets what matters.
    this.#stream.on('error', (error) => console.log(`${name}: its log cannot be written: ${error.message}`))
  }

  get file(): string {
    return this.#file
  }

  add(line: string): void {
    this.#stream.write(`${line}\n`)
    const text = readable(line)
    if (text !== null && text !== '') this.#show(text)
  }

  #show(text: string): void {
    if (performance.now() > this.#windowEndsAtMs) this.#openWindow()
    if (this.#shown.has(text) || this.#shown.size === LINES_PER_WINDOW) {
      this.#hidden++
      return
    }
    this.#shown.add(text)
    console.log(`${this.#name}: ${text}`)
  }

  #openWindow(): void {
    if (this.#hidden > 0) console.log(`${this.#name}: … and ${this.#hidden} more such lines in ${this.#file}`)
    this.#windowEndsAtMs = performance.now() + WINDOW_MS
    this.#shown.clear()
    this.#hidden = 0
  }
}

/** Null for what only the file needs to know. */
function readable(line: string): string | null {
  const parsed = parse(line)
  if (parsed === null) return line
  const { level = '', event, message = event, error } = parsed
  const shownAs = SHOWN_LEVELS[level]
  if (shownAs === undefined) return null
  const reason = typeof error === 'string' ? error : error?.message
  return `${shownAs}: ${[message?.replace(/\.$/, ''), reason].filter(Boolean).join(': ')}`
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
