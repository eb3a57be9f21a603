import { ledgerUnavailable } from './ledger-unavailable.ts'

/** Longer than any statement of the api takes, and as long as a client is left without an answer by a frozen server. */
const ANSWER_WITHIN_MS = 6_000

/**
 * What the ledger answers, or DATABASE_UNAVAILABLE when it takes longer than six seconds. The statement is not undone: it
 * may still be carried out, which the answer says.
 */
export async function withinDeadline<T>(answer: Promise<T>, deadlineMs = ANSWER_WITHIN_MS): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(ledgerUnavailable()), deadlineMs)
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
