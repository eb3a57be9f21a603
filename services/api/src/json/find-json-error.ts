// oxlint-disable-next-line no-control-regex -- JSON forbids exactly these within a text.
const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/y

// oxlint-disable-next-line no-control-regex -- the same.
const TEXT_SO_FAR = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y

type Expectation = 'value' | 'value or ]' | 'key or }' | 'key' | 'colon' | 'comma or end' | 'end'

/**
 * Where the text stops being JSON, as an offset in characters. Only called after a parse has failed, because the
 * parser's own messages name a position only sometimes.
 */
export function findJsonError(text: string): number {
  const open: string[] = []
  let expected: Expectation = 'value'
  TOKEN.lastIndex = 0
  for (;;) {
    const before = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (match === null) return findTextError(text, skipSpace(text, before))
    const [, mark, string] = match
    const next = advance(expected, { mark, isString: string !== undefined, open })
    if (next === null) return skipSpace(text, before)
    expected = next
  }
}

interface Token {
  readonly mark: string | undefined
  readonly isString: boolean
  /** The brackets that are open around the token. */
  readonly open: string[]
}

/** What may follow the token, or null where it may not stand. */
function advance(expected: Expectation, { mark, isString, open }: Token): Expectation | null {
  if (mark === '{' || mark === '[') return isValueExpected(expected) ? enter(mark, open) : null
  if (mark === '}' || mark === ']') return leave(mark, expected, open)
  if (mark === ':') return expected === 'colon' ? 'value' : null
  if (mark === ',') return expected === 'comma or end' ? (open.at(-1) === '{' ? 'key' : 'value') : null
  if (isString && (expected === 'key' || expected === 'key or }')) return 'colon'
  return isValueExpected(expected) ? afterValue(open) : null
}

function isValueExpected(expected: Expectation): boolean {
  return expected === 'value' || expected === 'value or ]'
}

function enter(mark: '{' | '[', open: string[]): Expectation {
  open.push(mark)
  return mark === '{' ? 'key or }' : 'value or ]'
}

function leave(mark: '}' | ']', expected: Expectation, open: string[]): Expectation | null {
  const isEmptyEnd = expected === (mark === '}' ? 'key or }' : 'value or ]')
  if (!isEmptyEnd && expected !== 'comma or end') return null
  if (open.at(-1) !== (mark === '}' ? '{' : '[')) return null
  open.pop()
  return afterValue(open)
}

function afterValue(open: readonly string[]): Expectation {
  return open.length === 0 ? 'end' : 'comma or end'
}

/** Within a text that does not end as one, the place is where it breaks; elsewhere it is the given one. */
function findTextError(text: string, offset: number): number {
  TEXT_SO_FAR.lastIndex = offset
  return TEXT_SO_FAR.test(text) ? TEXT_SO_FAR.lastIndex : offset
}

function skipSpace(text: string, offset: number): number {
  let at = offset
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1
  return at
}
