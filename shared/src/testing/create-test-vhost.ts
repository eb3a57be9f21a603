import { randomBytes } from 'node:crypto'
import { engineUrl } from './engine-url.ts'
import { onCleanup } from './test-cleanup.ts'

export interface TestVhost {
  readonly amqpUrl: string
  /** RabbitMQ's management API, for the whole node. */
  readonly managementUrl: string
  readonly vhost: string
  /** Calls the management API, e.g. `manage('GET', `/queues/${vhost}`)`. Answers the parsed body, or null when there is none. Throws on any error status. */
  manage(method: 'DELETE' | 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<unknown>
  /** Removes the vhost with its queues and connections. Idempotent; also done when the test file has ended. */
  delete(): Promise<void>
}

/** A new, empty virtual host for one test file. */
export async function createTestVhost(): Promise<TestVhost> {
  const vhost = `redrive-test-${randomBytes(8).toString('hex')}`
  const amqp = engineUrl('AMQP_URL')
  amqp.pathname = `/${vhost}`
  const user = encodeURIComponent(decodeURIComponent(amqp.username))
  await manage('PUT', `/vhosts/${vhost}`)
  await manage('PUT', `/permissions/${vhost}/${user}`, { configure: '.*', read: '.*', write: '.*' })
  const remove = async (): Promise<void> => {
    await manage('DELETE', `/vhosts/${vhost}`)
  }
  onCleanup(remove)
  return {
    amqpUrl: amqp.href,
    managementUrl: engineUrl('AMQP_MANAGEMENT_URL').href,
    vhost,
    manage,
    delete: remove,
  }
}

const manage: TestVhost['manage'] = async (method, path, body) => {
  const base = engineUrl('AMQP_MANAGEMENT_URL')
  const user = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`
  const response = await fetch(`${base.origin}/api${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(user).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  })
  const text = await response.text()
  const isGone = method === 'DELETE' && response.status === 404
  if (!response.ok && !isGone)
    throw new Error(`RabbitMQ's management API: ${method} ${path}: ${response.status} ${text}`)
  return text === '' ? null : JSON.parse(text)
}
