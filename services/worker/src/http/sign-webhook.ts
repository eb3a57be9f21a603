import { createHmac } from 'node:crypto'

export interface SignedContent {
  readonly id: string
  readonly timestampS: number
  /** The bytes that are sent. */
  readonly body: Uint8Array
}

/** The headers of Standard Webhooks: one signature for each key, so that receivers can change over. Pure. */
export function signWebhook(
  { id, timestampS, body }: SignedContent,
  keys: readonly Uint8Array[],
): Readonly<Record<string, string>> {
  const signatures = keys.map((key) => {
    const hmac = createHmac('sha256', key).update(`${id}.${timestampS}.`).update(body)
    return `v1,${hmac.digest('base64')}`
  })
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': signatures.join(' '),
  }
}
