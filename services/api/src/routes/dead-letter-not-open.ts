import type { DeadLetterView } from '@redrive/shared/database'
import { ProblemError } from '../problem-error.ts'

/** The problem of a command that takes an open dead letter. */
export function deadLetterNotOpen({ id, state }: Pick<DeadLetterView, 'id' | 'state'>): ProblemError {
  const isCarried = state === 'carried'
  const detail = isCarried
    ? `The dead letter ${id} is still carried through the error queue; it opens by itself.`
    : `The dead letter ${id} is already ${state}.`
  const headers = isCarried ? { 'retry-after': '2' } : {}
  return new ProblemError('DEAD_LETTER_NOT_OPEN', { detail, headers, extensions: { deadLetterState: state } })
}

export function deadLetterNotDiscarded({ id, state }: Pick<DeadLetterView, 'id' | 'state'>): ProblemError {
  const detail = `Only a discarded dead letter can be restored; ${id} is ${state}.`
  return new ProblemError('DEAD_LETTER_NOT_DISCARDED', { detail, extensions: { deadLetterState: state } })
}
