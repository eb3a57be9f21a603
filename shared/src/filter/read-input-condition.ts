import type { Bounds, Scalar } from './filter-conditions.ts'
import type { Read } from './filter-fault.ts'
import { readComparison } from './read-comparison.ts'
import { readBounds, toNumber } from './read-numbers.ts'
import { type SentValue, type SentValues, splitValues } from './split-values.ts'

export type InputTest = Bounds & { readonly anyOf?: readonly Scalar[]; readonly noneOf?: readonly Scalar[] }

const LITERALS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ['true', true],
  ['false', false],
  ['null', null],
])

/**
 * What a value of the input is compared with: `5` is the number and the text, `"5"` in quotes the text alone; likewise
 * true, false and null. Compared by size are only numbers.
 */
export function readInputTest(sent: string): Read<InputTest> {
  const bounds = readBounds(sent)
  // Two dots between texts are part of a text.
  if (bounds !== null && (readComparison(sent) !== null || 'is' in bounds)) return bounds
  const values = splitValues(sent)
  return 'fault' in values ? values : { is: toInputTest(values.is) }
}

export function toInputTest({ values, isNegated }: SentValues): InputTest {
  const scalars = [...new Set(values.flatMap(scalarsOf))].toSorted(inOrder)
  return isNegated ? { noneOf: scalars } : { anyOf: scalars }
}

function scalarsOf({ text, isQuoted }: SentValue): Scalar[] {
  if (isQuoted) return [text]
  const literal = LITERALS.has(text) ? LITERALS.get(text) : toNumber(text)
  const isText = literal === undefined || (literal === null && text !== 'null')
  return isText ? [text] : [literal, text]
}

/** Any order that is always the same. */
function inOrder(one: Scalar, other: Scalar): number {
  const [first, second] = [JSON.stringify(one), JSON.stringify(other)]
  if (first === second) return 0
  return first < second ? -1 : 1
}
