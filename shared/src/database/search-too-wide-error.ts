/** A search was given up: it would have looked through more than there was time for. Nothing is wrong with the ledger. */
export class SearchTooWideError extends Error {
  override readonly name = 'SearchTooWideError'
  readonly searchMs: number

  constructor(searchMs: number, cause: unknown) {
    super(`The search was given up after ${searchMs} ms.`, { cause })
    this.searchMs = searchMs
  }
}
