import { PrivateRabbitMq } from '@redrive/engines'
import type { BrokerControl } from '../stage.ts'

const WITHIN_MS = 10_000

/** Starts a durable RabbitMQ of the run's own. */
export async function startBroker(options: {
  readonly dataFolder: string
  readonly cacheFolder: string
}): Promise<BrokerControl> {
  const node = new PrivateRabbitMq({ ...options, isDurable: true, onProgress: () => {} })
  const { amqpUrl, amqpManagementUrl: managementUrl } = await node.start()
  return {
    cluster: null,
    node,
    amqpUrl,
    managementUrl,
    manage: (method, path, body) => manage(new URL(managementUrl), { method, path, body }),
    start: async () => {
      const again = await node.start()
      if (again.amqpUrl !== amqpUrl) throw new Error('RabbitMQ came back on another port')
    },
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
