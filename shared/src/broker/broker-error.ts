/** Base of everything this module throws: a stable code, what failed, and what was expected instead. */
export class BrokerError extends Error {
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}
