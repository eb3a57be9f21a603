import { randomBytes } from 'node:crypto'
import { engineUrl } from './engine-url.ts'
import { manageBroker } from './manage-broker.ts'
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

const manage: TestVhost['manage'] = (method, path, body) =>
  manageBroker(engineUrl('AMQP_MANAGEMENT_URL'), { method, path, body })
