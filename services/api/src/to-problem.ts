import type { Problem } from '@redrive/shared/contract'
import {
  classifyDatabaseError,
  isDataError,
  isDatabaseUnavailable,
  SearchTooWideError,
} from '@redrive/shared/database'
import { ledgerUnavailable } from './http/ledger-unavailable.ts'
import { ProblemError } from './problem-error.ts'
import { problemType } from './problem-type.ts'
import { PROBLEMS } from './problems.ts'

/** Turns whatever was thrown into a problem; what was not foreseen becomes a 500 that tells the client nothing. */
export function toProblem(thrown: unknown): ProblemError {
  if (thrown instanceof ProblemError) return thrown
  if (isDatabaseUnavailable(thrown) || classifyDatabaseError(thrown) === 'again') {
    return ledgerUnavailable(thrown)
  }
  if (thrown instanceof SearchTooWideError) {
    const detail = `The search was given up after ${thrown.searchMs / 1_000} seconds; narrow it, by a time for example.`
    return new ProblemError('SEARCH_TOO_WIDE', { detail, cause: thrown })
  }
  if (isDataError(thrown)) {
    return new ProblemError('INVALID_BODY', {
      detail: 'A value in the request cannot be stored.',
      cause: thrown,
    })
  }
  if (isMalformedAddress(thrown)) {
    return new ProblemError('MALFORMED_REQUEST', {
      detail: 'The address has an escape that cannot be read.',
      cause: thrown,
    })
  }
  return new ProblemError('INTERNAL_ERROR', {
    detail: 'The error is in the log under the request id.',
    cause: thrown,
  })
}

/** The JSON of a problem. */
export function problemBody(problem: ProblemError, requestId: string): Problem {
  const { status, title } = PROBLEMS[problem.code]
  return {
    type: problemType(problem.code),
    title,
    status,
    code: problem.code,
    detail: problem.message,
    requestId,
    ...(problem.errors.length > 0 ? { errors: [...problem.errors] } : {}),
    ...problem.extensions,
  }
}

/** The router's error for a percent sign that begins no valid escape. */
function isMalformedAddress(thrown: unknown): boolean {
  return (
    thrown instanceof URIError || (thrown instanceof Error && 'status' in thrown && thrown.status === 400)
  )
}
