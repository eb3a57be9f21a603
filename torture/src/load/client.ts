import { ADMIN_API_KEY } from '../stage/set-up-stage.ts'

/** What a client knows after a call. Unknown: it may have been done, or not, or be done later. */
export type Outcome =
  | { readonly kind: 'ok'; readonly status: number; readonly body: Answer }
  | { readonly kind: 'fail'; readonly status: number; readonly body: Answer }
  | { readonly kind: 'unknown'; readonly why: string }

// Read as any client reads it, without the server's types.
// oxlint-disable-next-line typescript/no-explicit-any
export type Answer = any

export interface Call {
  readonly method?: 'GET' | 'POST'
  readonly body?: unknown
  readonly key?: string
}

/** Longer than any deadline of the api's own. */
const PATIENCE_MS = 20_000

/**
 * One call through the public door. An answer of the 4xx kind says that nothing was done. After anything of the 5xx kind,
 * or no answer, the client does not know.
 */
export async function call(url: string, { method, body, key }: Call = {}): Promise<Outcome> {
  try {
    const response = await fetch(url, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        authorization: `Bearer ${ADMIN_API_KEY}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    const text = await response.text()
    const { status } = response
    if (status >= 500) return { kind: 'unknown', why: `${status} ${text.slice(0, 200)}` }
    const parsed: Answer = text === '' ? null : JSON.parse(text)
    return { kind: status < 400 ? 'ok' : 'fail', status, body: parsed }
  } catch (error) {
    return {
      kind: 'unknown',
      why: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    }
  }
}
