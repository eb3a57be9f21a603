export const RABBITMQ_USER = 'redrive'

export interface RabbitMqAddresses {
  readonly amqpUrl: string
  readonly amqpManagementUrl: string
}

/** The addresses of an engine of ours, whose user is always the same. */
export function rabbitMqAddresses({
  password,
  ports,
}: {
  readonly password: string
  readonly ports: { readonly amqp: number; readonly management: number }
}): RabbitMqAddresses {
  return {
    amqpUrl: `amqp://${RABBITMQ_USER}:${password}@127.0.0.1:${ports.amqp}`,
    amqpManagementUrl: `http://${RABBITMQ_USER}:${password}@127.0.0.1:${ports.management}`,
  }
}

/** The management plugin starts last, and this check answers only while the default virtual host serves clients. */
export async function isRabbitMqReady(addresses: RabbitMqAddresses): Promise<boolean> {
  const response = await askManagement(addresses, '/api/health/checks/virtual-hosts')
  await response?.body?.cancel().catch(() => {})
  return response?.ok ?? false
}

/** How many nodes of its cluster this node sees running, itself too; 0 while it does not answer. */
export async function countRunningNodes(addresses: RabbitMqAddresses): Promise<number> {
  const response = await askManagement(addresses, '/api/nodes')
  const nodes: unknown = response?.ok ? await response.json().catch(() => []) : []
  return (nodes as { running?: boolean }[]).filter(({ running }) => running === true).length
}

/** Null while nobody listens or answers; the caller's deadline bounds how often it is asked. */
async function askManagement(
  { amqpManagementUrl }: RabbitMqAddresses,
  path: string,
): Promise<Response | null> {
  const url = new URL(path, amqpManagementUrl)
  const authorization = `Basic ${Buffer.from(`${url.username}:${url.password}`).toString('base64')}`
  url.username = ''
  url.password = ''
  try {
    return await fetch(url, { headers: { authorization }, signal: AbortSignal.timeout(5_000) })
  } catch {
    return null
  }
}
