import type { TaskError } from './task-error.ts'

/** No error is kept with more causes than half of these. */
const MAX_DEPTH = 10

/** The last of an error's causes, which is where it began; null for an error without any. */
export function rootCause(error: TaskError): TaskError | null {
  let cause = error.cause ?? null
  for (let depth = 0; depth < MAX_DEPTH && cause?.cause !== undefined; depth += 1) cause = cause.cause
  return cause
}
