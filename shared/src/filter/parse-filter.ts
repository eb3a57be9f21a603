import { nearestName } from '../task/index.ts'
import type { InputCondition, Times } from './filter-conditions.ts'
import type { FilterFault, Read } from './filter-fault.ts'
import type { FilterField, FilterLanguage } from './filter-language.ts'
import { readInputTest, toInputTest } from './read-input-condition.ts'
import { readInputPath } from './read-input-path.ts'
import { readBounds, readNumbers } from './read-numbers.ts'
import { readInstant, readTimes } from './read-times.ts'
import { readIds, readWords } from './read-words.ts'
import { checkValues, type SentValues, splitValues, unstorable } from './split-values.ts'

/** What a client sends: each field with its text; in JSON also a number, a boolean, null, or a list of them. */
export type SentFilter = Readonly<Record<string, unknown>>

export type ParsedFilter<Filter> =
  | { readonly filter: Filter }
  | { readonly errors: readonly [FilterFault, ...FilterFault[]] }

interface Context {
  readonly language: FilterLanguage
  readonly now: Date
}

type Conditions = Record<string, unknown>

const INPUT = 'input.'
/** A text is read by a few passes; this bounds what each can cost. */
const MAX_TEXT_LENGTH = 4_000
const MAX_SEARCH_LENGTH = 500
const MAX_FIELDS = 50

/** Reads a flat map of fields by a language, with every fault in it. Never throws; equal meanings give equal JSON. */
export function parseFilter(sent: SentFilter, context: Context): ParsedFilter<Conditions> {
  const conditions: Conditions = {}
  const inputs: InputCondition[] = []
  const errors: FilterFault[] = []
  const fields = Object.keys(sent).toSorted()
  if (fields.length > MAX_FIELDS)
    errors.push({
      field: '',
      message: `has ${fields.length} fields, more than the ${MAX_FIELDS} that are allowed`,
    })
  for (const field of fields.slice(0, MAX_FIELDS)) {
    const fault = field.startsWith(INPUT)
      ? addInput(inputs, field, sent[field])
      : addField(conditions, { ...context, field, value: sent[field] })
    if (fault !== null) errors.push({ field, message: fault })
  }
  const [first, ...more] = errors
  if (first !== undefined) return { errors: [first, ...more] }
  return { filter: inputs.length === 0 ? conditions : { ...conditions, input: inputs } }
}

function addInput(inputs: InputCondition[], field: string, value: unknown): string | null {
  const path = readInputPath(field.slice(INPUT.length))
  if ('fault' in path) return path.fault
  const sent = toSent(value)
  if ('fault' in sent) return sent.fault
  const test = typeof sent.is === 'string' ? readInputTest(sent.is) : { is: toInputTest(sent.is) }
  if ('fault' in test) return test.fault
  inputs.push({ path: path.is, ...test.is })
  return null
}

interface SentField extends Context {
  readonly field: string
  readonly value: unknown
}

function addField(conditions: Conditions, { language, now, field, value }: SentField): string | null {
  const known = Object.hasOwn(language, field) ? language[field] : undefined
  if (known === undefined) return unknownField(field, language)
  const sent = toSent(value)
  if ('fault' in sent) return sent.fault
  const read = readCondition(sent.is, known, now)
  if ('fault' in read) return read.fault
  const into = known.into ?? field
  const isTime = known.kind === 'times' || known.kind === 'from' || known.kind === 'before'
  conditions[into] = isTime ? narrow(conditions[into] ?? {}, read.is as Times) : read.is
  return null
}

function readCondition(sent: string | SentValues, { kind, words }: FilterField, now: Date): Read<unknown> {
  switch (kind) {
    case 'words':
      return withValues(sent, (values) => readWords(values, words))
    case 'ids':
      return withValues(sent, readIds)
    case 'numbers':
      return (typeof sent === 'string' ? readBounds(sent) : null) ?? withValues(sent, readNumbers)
    case 'times':
      return withText(sent, (text) => readTimes(text, now))
    case 'from':
    case 'before':
      return withText(sent, (text) => {
        const read = readInstant(text, now)
        return 'fault' in read ? read : { is: { [kind]: read.is } }
      })
    case 'boolean':
      return withText(sent, readBoolean)
    case 'text':
      return withText(sent, readSearch)
  }
}

function withValues<T>(sent: string | SentValues, read: (values: SentValues) => Read<T>): Read<T> {
  const values = typeof sent === 'string' ? splitValues(sent) : { is: sent }
  return 'fault' in values ? values : read(values.is)
}

function withText<T>(sent: string | SentValues, read: (text: string) => Read<T>): Read<T> {
  return typeof sent === 'string' ? read(sent) : { fault: 'takes one value, not a list' }
}

function readBoolean(text: string): Read<boolean> {
  const isTrue = text === 'true'
  return isTrue || text === 'false'
    ? { is: isTrue }
    : { fault: `expected true or false, got "${text.slice(0, 100)}"` }
}

function readSearch(text: string): Read<string> {
  const search = text.trim()
  if (search === '') return { fault: 'has no word to look for' }
  if (search.length > MAX_SEARCH_LENGTH)
    return { fault: `has ${search.length} characters, more than the ${MAX_SEARCH_LENGTH} that are allowed` }
  return { is: search }
}

/** In JSON, the elements of a list are taken as they are; a single value is read as it would be in an address. */
function toSent(value: unknown): Read<string | SentValues> {
  if (Array.isArray(value)) return toSentList(value)
  if (!isScalar(value)) return { fault: 'expected a text, a number, a boolean or a list of them' }
  const text = String(value)
  if (text.trim() === '') return { fault: 'has no value' }
  if (text.length > MAX_TEXT_LENGTH)
    return { fault: `has ${text.length} characters, more than the ${MAX_TEXT_LENGTH} that are allowed` }
  const fault = unstorable(text)
  return fault === null ? { is: text } : { fault }
}

function toSentList(elements: readonly unknown[]): Read<SentValues> {
  if (!elements.every(isScalar)) return { fault: 'expected a list of texts, numbers and booleans' }
  return checkValues({
    values: elements.map((element) => ({ text: String(element), isQuoted: typeof element === 'string' })),
    isNegated: false,
  })
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

/** The later beginning and the earlier end. */
function narrow(one: Times, other: Times): Times {
  const from = [one.from, other.from]
    .filter((time) => time !== undefined)
    .toSorted()
    .at(-1)
  const [before] = [one.before, other.before].filter((time) => time !== undefined).toSorted()
  return { ...(from !== undefined && { from }), ...(before !== undefined && { before }) }
}

const MAX_DISTANCE = 4

function unknownField(field: string, language: FilterLanguage): string {
  const known = Object.keys(language).toSorted()
  const nearest = field.length > 100 ? null : nearestName(field, known)
  const isNear = nearest !== null && nearest.distance <= Math.min(MAX_DISTANCE, nearest.name.length / 2)
  const guess = isNear ? `; did you mean "${nearest.name}"?` : '.'
  return `is not a known field${guess} Known fields: ${known.join(', ')}, input.<path>`
}
