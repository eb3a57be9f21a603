import { nearestName } from '@redrive/shared/task'
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
  const nearest = nearestName(name.toLowerCase(), known)
  return nearest !== null && nearest.distance <= MAX_DISTANCE ? nearest.name : null
}
