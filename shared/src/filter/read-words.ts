import { nearestName } from '../task/index.ts'
import type { Words } from './filter-conditions.ts'
import type { Read } from './filter-fault.ts'
import { readComparison } from './read-comparison.ts'
import type { SentValues } from './split-values.ts'

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export function readWords({ values, isNegated }: SentValues, known?: readonly string[]): Read<Words> {
  for (const { text, isQuoted } of values) {
    if (!isQuoted && readComparison(text) !== null)
      return {
        fault: `compares with "${text}", but only numbers and times are compared; put text in double quotes`,
      }
    if (known !== undefined && !known.includes(text)) return { fault: unknownWord(text, known) }
  }
  return {
    is: toWords(
      values.map(({ text }) => text),
      isNegated,
    ),
  }
}

export function readIds({ values, isNegated }: SentValues): Read<Words> {
  const wrong = values.find(({ text }) => !ID.test(text))
  if (wrong !== undefined) return { fault: `expected an id, got "${wrong.text}"` }
  return {
    is: toWords(
      values.map(({ text }) => text.toLowerCase()),
      isNegated,
    ),
  }
}

function toWords(words: readonly string[], isNegated: boolean): Words {
  const distinct = [...new Set(words)].toSorted()
  return isNegated ? { noneOf: distinct } : { anyOf: distinct }
}

function unknownWord(text: string, known: readonly string[]): string {
  const nearest = nearestName(text.toLowerCase(), known)
  const hint = nearest !== null && nearest.distance <= 2 ? ` (did you mean "${nearest.name}"?)` : ''
  return `"${text}" is none of ${known.join(', ')}${hint}`
}
