import { ProblemError } from '../problem-error.ts'

const RETRY_AFTER_S = '2'

/** The problem of a ledger that did not answer, or not in time: whether a commit arrived is not known then. */
export function ledgerUnavailable(cause?: unknown): ProblemError {
  return new ProblemError('DATABASE_UNAVAILABLE', {
    detail:
      'The ledger did not answer in time. A command was carried out as a whole or not at all: look before you repeat it, or repeat a submission with its Idempotency-Key.',
    headers: { 'retry-after': RETRY_AFTER_S },
    cause,
  })
}
