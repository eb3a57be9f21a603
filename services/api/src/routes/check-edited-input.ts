import type { FieldError, RedriveOrder } from '@redrive/shared/contract'
import type { DeadLetterView } from '@redrive/shared/database'
import { isSensitivePath, keepMasked } from '@redrive/shared/task'
import type { ApiParts } from '../api-parts.ts'
import { ProblemError } from '../problem-error.ts'
import { unknownTaskType } from '../task-types/unknown-task-type.ts'

/**
 * The input of a redrive as it is stored, as JSON text, or null where it stays as it was: what is `[masked]` at a sensitive
 * path keeps its value, and the whole is checked like a new one, by the type that the task has. Throws INVALID_INPUT.
 */
export async function checkEditedInput(
  letter: DeadLetterView,
  order: RedriveOrder,
  { types }: ApiParts,
): Promise<string | null> {
  const { type, sensitive } = letter
  if (!('input' in order)) return null
  const { input, unknown } = keepMasked(order.input, letter.input, sensitive)
  if (unknown.length > 0) throw invalidInput(unknown.map(nothingToKeep))
  if (type === null) return JSON.stringify(input)
  const known = await types.find(type)
  if (known === undefined) throw unknownTaskType(type, types.names())
  const faults = known.checkInput?.(input) ?? []
  if (faults.length > 0) throw invalidInput(faults.map((fault) => withoutValue(fault, sensitive)))
  return JSON.stringify(input)
}

function nothingToKeep(path: string): FieldError {
  return { path, message: 'is masked, and the input that it died with has no value there to keep' }
}

/** The operator need not know a value that is kept, and is not to learn it from what is wrong with it. */
function withoutValue(fault: FieldError, sensitive: readonly string[]): FieldError {
  const path = fault.path.replaceAll('/', '.')
  // Without an expectation, the message says nothing of the value.
  if (fault.expected === undefined || !isSensitivePath(sensitive, path)) return fault
  return { ...fault, message: `expected ${fault.expected}; the value is sensitive and not shown` }
}

function invalidInput(faults: readonly FieldError[]): ProblemError {
  const errors = faults.map((fault) => ({ ...fault, path: `/input${fault.path}` }))
  const [first] = errors
  return new ProblemError('INVALID_INPUT', { detail: `${first?.path}: ${first?.message}.`, errors })
}
