import type { TaskError } from '@redrive/shared/task'

/** An error with its members in the order in which one reads them; the ledger keeps them in an order of its own. */
export function toError({ type, message, code, stack, cause }: TaskError): TaskError {
  return {
    type,
    message,
    ...(code !== undefined && { code }),
    ...(stack !== undefined && { stack }),
    ...(cause !== undefined && { cause: toError(cause) }),
  }
}
