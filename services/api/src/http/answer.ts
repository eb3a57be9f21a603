/** What a route answers: JSON, or bytes of another kind. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly content?: { readonly type: string; readonly data: Buffer | string }
}
