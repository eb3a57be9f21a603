import { StringDecoder } from 'node:string_decoder'

const MAX_LINES = 20
const MAX_LINE_CHARACTERS = 400
/** Of one line without an end; longer ones count as several. */
const MAX_UNFINISHED_CHARACTERS = 65_536
/** V8's words when the memory that it may take is used up; its own stack traces push them out of the last lines. */
const OUT_OF_MEMORY = /JavaScript heap out of memory|Reached heap limit|Array buffer allocation failed/

/** The last lines of what a process wrote, bounded whatever it writes, as text that can be stored. */
export class LastOutput {
  readonly #onLine: (line: string) => void
  readonly #lines: string[] = []
  #hasSpokenOfMemory = false

  /** @param onLine hears each line as it comes, cut to its greatest length as it is kept; must not throw */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  /** Oldest first. */
  get lines(): readonly string[] {
    return [...this.#lines]
  }

  /** It said that it had no memory left, however long ago. */
  get isOutOfMemory(): boolean {
    return this.#hasSpokenOfMemory
  }

  /** Takes the chunks of one stream, each of which has lines of its own. */
  createStream(): { readonly add: (chunk: Buffer) => void; readonly end: () => void } {
    const decoder = new StringDecoder('utf8')
    let rest = ''
    const add = (text: string): void => {
      const lines = `${rest}${text}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#keep(line)
      if (rest.length <= MAX_UNFINISHED_CHARACTERS) return
      this.#keep(rest)
      rest = ''
    }
    return {
      add: (chunk) => add(decoder.write(chunk)),
      end: () => {
        add(decoder.end())
        if (rest !== '') this.#keep(rest)
        rest = ''
      },
    }
  }

  #keep(line: string): void {
    if (OUT_OF_MEMORY.test(line)) this.#hasSpokenOfMemory = true
    this.#onLine(line)
    if (line.trim() === '') return
    this.#lines.push(storable(line))
    if (this.#lines.length > MAX_LINES) this.#lines.shift()
  }
}

/** Postgres stores neither U+0000 nor half a surrogate pair in JSON. */
function storable(line: string): string {
  const cut = line.length > MAX_LINE_CHARACTERS ? `${line.slice(0, MAX_LINE_CHARACTERS)}…` : line
  return cut.trimEnd().toWellFormed().replaceAll('\u0000', '\uFFFD')
}
