/** An engine could not be had. `message` says what failed; `advice` says what the reader can do about it. */
export class EngineError extends Error {
  readonly advice: string

  constructor(message: string, options: { readonly advice: string; readonly cause?: unknown }) {
    super(message, { cause: options.cause })
    this.name = 'EngineError'
    this.advice = options.advice
  }
}
