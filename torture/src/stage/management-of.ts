import type { BrokerControl } from '../stage.ts'

const WITHIN_MS = 10_000

/** Calls the management API of the first node that answers. */
export function managementOf(urls: readonly string[]): BrokerControl['manage'] {
  return async (method, path, body) => {
    const failures: unknown[] = []
    for (const url of urls) {
      try {
        return await manage(new URL(url), { method, path, body })
      } catch (error) {
        failures.push(error)
      }
    }
    throw failures.length === 1 ? failures[0] : new AggregateError(failures, failures.join('; '))
  }
}

interface Call {
  readonly method: string
  readonly path: string
  readonly body: unknown
}

async function manage(base: URL, { method, path, body }: Call): Promise<unknown> {
  const user = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`
  const response = await fetch(`${base.origin}/api${path}`, {
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
  if (!response.ok && !isGone) throw new Error(`RabbitMQ: ${method} ${path}: ${response.status} ${text}`)
  return text === '' ? null : JSON.parse(text)
}
