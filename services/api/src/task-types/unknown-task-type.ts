import { ProblemError } from '../problem-error.ts'

const MAX_LISTED = 50
const MAX_DISTANCE = 4

/** The problem of a task type that nobody registered: what there is instead, and which of it was probably meant. */
export function unknownTaskType(name: string, known: readonly string[]): ProblemError {
  return new ProblemError('UNKNOWN_TASK_TYPE', {
    detail: unknownTypeDetail(name, known),
    errors: [{ path: '/type', message: 'is not a known task type' }],
    extensions: { knownTypes: known.slice(0, MAX_LISTED) },
  })
}

export function unknownTypeDetail(name: string, known: readonly string[]): string {
  const shown = name.length > 100 ? `${name.slice(0, 100)}…` : name
  if (known.length === 0)
    return `The task type "${shown}" is not known: no worker has registered any type yet.`
  const nearest = nearestOf(name, known)
  const guess = nearest === null ? '' : ` Did you mean "${nearest}"?`
  return `The task type "${shown}" is not known.${guess} Known types: ${known.slice(0, MAX_LISTED).join(', ')}.`
}

function nearestOf(name: string, known: readonly string[]): string | null {
  if (name.length > 100) return null
  const ranked = known
    .map((candidate) => ({ candidate, distance: distanceBetween(name.toLowerCase(), candidate) }))
    .toSorted((one, other) => one.distance - other.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= MAX_DISTANCE ? best.candidate : null
}

/** Levenshtein's distance. */
function distanceBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= to.length; j += 1) {
      const cost = from[i - 1] === to[j - 1] ? 0 : 1
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + cost))
    }
    row = next
  }
  return row[to.length] ?? 0
}
