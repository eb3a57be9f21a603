const MAX_DEPTH = 6
const MAX_ERRORS = 3

type NameText = (text: string) => string

/**
 * Replaces the JSON in a text: by what it says of an error, if it is a description of one (`{code: …, message: …}`, as
 * validators and other services answer), else by `<json>`. One pass over the text.
 */
export function nameJson(text: string, nameText: NameText): string {
  let named = ''
  let at = 0
  for (;;) {
    OPENING.lastIndex = at
    const opening = OPENING.exec(text)
    if (opening === null) return named + text.slice(at)
    const isQuoted = opening[0].startsWith('"')
    const end = isQuoted ? OPENING.lastIndex : findEnd(text, opening.index)
    const found = text.slice(opening.index, end)
    named += text.slice(at, opening.index) + (isQuoted ? found : describeJson(found, nameText))
    at = end
  }
}

/** The beginning of JSON; or a whole text in quotes, which is passed over, because brackets in it begin nothing. */
const OPENING = /"(?:[^"\\\n]|\\.)*"|[{[]\s*["{[\]}]/g

/** Behind the bracket that closes the one at `start`, or the end of a text that was cut. */
function findEnd(text: string, start: number): number {
  let depth = 0
  let isQuoted = false
  for (let at = start; at < text.length; at += 1) {
    const character = text[at]
    if (isQuoted && character === '\\') at += 1
    else if (character === '"') isQuoted = !isQuoted
    else if (!isQuoted && (character === '{' || character === '[')) depth += 1
    else if (!isQuoted && (character === '}' || character === ']')) depth -= 1
    if (depth === 0) return at + 1
  }
  return text.length
}

function describeJson(json: string, nameText: NameText): string {
  const errors = findErrors(parse(json), false, 0).slice(0, MAX_ERRORS)
  if (errors.length === 0) return '<json>'
  return [...new Set(errors.map((error) => describeOne(error, nameText)))].join(', ')
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    // Cut, or only like JSON: what it is stays unsaid.
    return null
  }
}

type ErrorLike = Readonly<Record<string, unknown>>

/** Objects that describe an error: a message beside a code or a path, or anything called an error. */
function findErrors(value: unknown, isCalledError: boolean, depth: number): ErrorLike[] {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return []
  if (Array.isArray(value)) return value.flatMap((one) => findErrors(one, isCalledError, depth + 1))
  const members = value as ErrorLike
  const says = ['message', 'code', 'error'].some((name) => typeof members[name] === 'string')
  const isNamed = isCalledError || ['code', 'path', 'error', 'status'].some((name) => name in members)
  if (says && isNamed && (typeof members['message'] === 'string' || isCalledError)) return [members]
  return Object.entries(members).flatMap(([name, one]) =>
    findErrors(one, /^errors?$|^issues$/i.test(name), depth + 1),
  )
}

function describeOne(error: ErrorLike, nameText: NameText): string {
  const parts = ['code', 'type', 'error', 'message'].flatMap((name) => {
    const value = error[name]
    return typeof value === 'string' ? [`${name}: ${nameText(value)}`] : []
  })
  const { path } = error
  const steps = Array.isArray(path)
    ? path.map((step) => (typeof step === 'number' ? '<number>' : nameText(String(step))))
    : []
  return `{${[...parts, ...(steps.length > 0 ? [`path: ${steps.join('.')}`] : [])].join(', ')}}`
}
