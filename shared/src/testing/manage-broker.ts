export interface ManagementCall {
  readonly method: 'DELETE' | 'GET' | 'POST' | 'PUT'
  /** Below `/api`, e.g. `/queues/%2F`. */
  readonly path: string
  readonly body?: unknown
}

const WITHIN_MS = 10_000

/**
 * Calls RabbitMQ's management API at this address, which carries user and password. Answers the parsed body, or null when
 * there is none. Throws on any error status but a 404 to a DELETE, and after ten seconds.
 */
export async function manageBroker(address: URL, { method, path, body }: ManagementCall): Promise<unknown> {
  const user = `${decodeURIComponent(address.username)}:${decodeURIComponent(address.password)}`
  const response = await fetch(`${address.origin}/api${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(user).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(WITHIN_MS),
  })
  const text = await response.text()
  const isGone = method === 'DELETE' && response.status === 404
  if (!response.ok && !isGone)
    throw new Error(`RabbitMQ's management API: ${method} ${path}: ${response.status} ${text}`)
  return text === '' ? null : JSON.parse(text)
}
