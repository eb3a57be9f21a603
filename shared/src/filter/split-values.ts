import type { Read } from './filter-fault.ts'

export interface SentValue {
  readonly text: string
  /** Given in double quotes: it is taken as it is, and is text. */
  readonly isQuoted: boolean
}

export interface SentValues {
  readonly values: readonly SentValue[]
  /** None of them, by a leading exclamation mark. */
  readonly isNegated: boolean
}

/** More in one condition are a list of their own, not a filter. */
const MAX_VALUES = 100
export const MAX_VALUE_LENGTH = 200

const QUOTED = /^\s*"((?:[^"]|"")*)"\s*(?:,|$)/
const BARE = /^([^",]*)(?:,|$)/

/** `a,b` any of, `!a,b` none of; a value in double quotes is taken as it is, with `""` for a quotation mark in it. */
export function splitValues(sent: string): Read<SentValues> {
  const isNegated = sent.startsWith('!')
  const values: SentValue[] = []
  let rest = isNegated ? sent.slice(1) : sent
  let isFollowed = true
  while (isFollowed) {
    const quoted = QUOTED.exec(rest)
    const found = quoted ?? BARE.exec(rest)
    if (found === null) return { fault: misquoted(rest) }
    const [whole, text = ''] = found
    const value = {
      text: quoted === null ? text.trim() : text.replaceAll('""', '"'),
      isQuoted: quoted !== null,
    }
    values.push(value)
    isFollowed = whole.endsWith(',')
    rest = rest.slice(whole.length)
  }
  return checkValues({ values, isNegated })
}

/** Says what is wrong with values that cannot be looked for. */
export function checkValues({ values, isNegated }: SentValues): Read<SentValues> {
  if (values.length === 0) return { fault: 'has no value' }
  if (values.length > MAX_VALUES)
    return { fault: `has ${values.length} values, more than the ${MAX_VALUES} that are allowed` }
  for (const { text, isQuoted } of values) {
    const fault = faultOf(text) ?? (isQuoted ? null : operatorFault(text, isNegated))
    if (fault !== null) return { fault }
  }
  return { is: { values, isNegated } }
}

/** What no text in the ledger can be. */
export function unstorable(text: string): string | null {
  if (text.includes('\0')) return 'contains U+0000, which nothing stored does'
  return text.isWellFormed() ? null : 'contains half of a surrogate pair, which nothing stored does'
}

function faultOf(text: string): string | null {
  if (text === '') return 'has an empty value'
  if (text.length > MAX_VALUE_LENGTH)
    return `has a value of ${text.length} characters, more than the ${MAX_VALUE_LENGTH} that are allowed`
  return unstorable(text)
}

const KNOWN_OPERATORS = '"," for any of, a leading "!" for none of, ">=", ">", "<=", "<" and ".."'

function operatorFault(text: string, isNegated: boolean): string | null {
  const [operator] = /^(?:!|<>|=|~)[=~]*/.exec(text) ?? []
  if (operator === undefined) return null
  const known = `known are ${KNOWN_OPERATORS}; put a value that begins so in double quotes`
  if (operator === '!') return `has a "!" that is not the first character; ${known}`
  return `has the unknown operator "${isNegated ? '!' : ''}${operator}"; ${known}`
}

function misquoted(rest: string): string {
  const isClosed = /^\s*"(?:[^"]|"")*"/.test(rest)
  if (isClosed) return 'has something between a closing quotation mark and the next comma'
  return rest.trimStart().startsWith('"')
    ? 'has a quotation mark that is not closed'
    : 'has a quotation mark in the middle of a value; put the whole value in double quotes'
}
