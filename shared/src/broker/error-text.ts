/** The message of whatever was thrown. By shape, since an error of another realm is no `instanceof Error`. */
export function errorText(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null) {
    const { message, code } = thrown as { message?: unknown; code?: unknown }
    // A refused connection to a name with two addresses is an AggregateError: an empty message and a code.
    if (typeof message === 'string' && message !== '') return message
    if (typeof code === 'string') return code
  }
  return String(thrown)
}

/** AMQP's reply code of an error that the broker sent (404, 406, …), or null. */
export function replyCode(thrown: unknown): number | null {
  if (typeof thrown !== 'object' || thrown === null) return null
  const { code } = thrown as { code?: unknown }
  return typeof code === 'number' ? code : null
}
