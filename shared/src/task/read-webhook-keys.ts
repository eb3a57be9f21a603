const PREFIX = 'whsec_'
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/
/** As Standard Webhooks has it. */
const FEWEST_BYTES = 24
const MOST_BYTES = 64

/** The keys in the text of WEBHOOK_SECRET, in its order; null when one of them is not what Standard Webhooks asks for. */
export function readWebhookKeys(text: string): readonly Buffer[] | null {
  const secrets = text.split(/[\s,]+/).filter((part) => part !== '')
  const keys = secrets.map(readKey)
  return keys.length > 0 && keys.every((key) => key !== null) ? keys : null
}

function readKey(secret: string): Buffer | null {
  const encoded = secret.slice(PREFIX.length)
  if (!secret.startsWith(PREFIX) || !BASE64.test(encoded)) return null
  const key = Buffer.from(encoded, 'base64')
  return key.length >= FEWEST_BYTES && key.length <= MOST_BYTES ? key : null
}
