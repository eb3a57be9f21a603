export type Operator = '>=' | '>' | '<=' | '<'

export interface Comparison {
  readonly operator: Operator
  readonly operand: string
}

/** `>=x`, `>x`, `<=x` and `<x`, or null. */
export function readComparison(sent: string): Comparison | null {
  const [, operator, operand = ''] = /^(>=|>|<=|<)(?!>)(.*)$/s.exec(sent.trim()) ?? []
  return operator === undefined ? null : { operator: operator as Operator, operand: operand.trim() }
}

export interface Range {
  readonly first: string
  readonly last: string
}

/** `a..b`, `a..` and `..b`, or null. */
export function readRange(sent: string): Range | null {
  const at = sent.indexOf('..')
  if (at < 0 || sent.includes('"')) return null
  const range = { first: sent.slice(0, at).trim(), last: sent.slice(at + 2).trim() }
  return range.first === '' && range.last === '' ? null : range
}
