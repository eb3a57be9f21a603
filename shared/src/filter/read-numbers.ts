import type { Bounds, Numbers } from './filter-conditions.ts'
import type { Read } from './filter-fault.ts'
import { type Operator, readComparison, readRange } from './read-comparison.ts'
import type { SentValues } from './split-values.ts'

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

const BOUND_OF: Readonly<Record<Operator, keyof Bounds>> = {
  '>=': 'atLeast',
  '>': 'above',
  '<=': 'atMost',
  '<': 'below',
}

/** A number as JSON writes one, or null. */
export function toNumber(text: string): number | null {
  const number = NUMBER.test(text) ? Number(text) : Number.NaN
  // Zero has no sign in a filter, as it has none in the ledger.
  return Number.isFinite(number) ? number + 0 : null
}

/** A comparison or a range, or null where the text is neither. */
export function readBounds(sent: string): Read<Bounds> | null {
  const comparison = readComparison(sent)
  if (comparison !== null) {
    const number = toNumber(comparison.operand)
    return number === null
      ? notNumber(comparison.operand)
      : { is: { [BOUND_OF[comparison.operator]]: number } }
  }
  const range = readRange(sent)
  if (range === null) return null
  const atLeast = range.first === '' ? undefined : toNumber(range.first)
  const atMost = range.last === '' ? undefined : toNumber(range.last)
  if (atLeast === null) return notNumber(range.first)
  if (atMost === null) return notNumber(range.last)
  if (atLeast !== undefined && atMost !== undefined && atLeast > atMost)
    return { fault: `the range "${sent}" ends before it begins` }
  return { is: { ...(atLeast !== undefined && { atLeast }), ...(atMost !== undefined && { atMost }) } }
}

export function readNumbers({ values, isNegated }: SentValues): Read<Numbers> {
  const numbers: number[] = []
  for (const { text } of values) {
    const number = toNumber(text)
    if (number === null) return notNumber(text)
    numbers.push(number)
  }
  const distinct = [...new Set(numbers)].toSorted((one, other) => one - other)
  return { is: isNegated ? { noneOf: distinct } : { anyOf: distinct } }
}

function notNumber(text: string): { readonly fault: string } {
  return { fault: `expected a number, ">=3", ">3", "<=3", "<3" or "1..3", got "${text.slice(0, 100)}"` }
}
