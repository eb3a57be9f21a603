import type { DeadLetterDetail } from '@redrive/shared/contract'
import type { AttemptView, DeadLetterView } from '@redrive/shared/database'
import { isUtf8 } from 'node:buffer'
import { toAttempt } from './to-attempt.ts'
import { toDeadLetter } from './to-dead-letter.ts'

/** One dead letter with everything that is known about it; of the task's attempts, those up to this death. */
export function toDeadLetterDetail(letter: DeadLetterView, all: readonly AttemptView[]): DeadLetterDetail {
  const attempts = all.filter(({ number }) => letter.number !== null && number <= letter.number)
  return {
    ...toDeadLetter(letter, attempts),
    input: letter.input ?? null,
    attempts: attempts.map(toAttempt),
    raw: toRaw(letter),
  }
}

function toRaw({ raw, rawContentType }: DeadLetterView): DeadLetterDetail['raw'] {
  if (raw === null) return null
  const encoding = isUtf8(raw) ? 'utf8' : 'base64'
  return { encoding, body: raw.toString(encoding), contentType: rawContentType }
}
