import { ProblemError } from '../problem-error.ts'

const KEY = /^[\x21-\x7e]{1,255}$/

/** The Idempotency-Key of a request, or null where there is none. Throws for one that cannot be a key. */
export function readIdempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null
  if (KEY.test(header)) return header
  const detail = 'The Idempotency-Key header must have 1 to 255 visible ASCII characters, without spaces.'
  throw new ProblemError('INVALID_IDEMPOTENCY_KEY', {
    detail,
    errors: [{ path: 'Idempotency-Key', message: detail }],
  })
}
