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
export async function isRabbitMqReady({ amqpManagementUrl }: RabbitMqAddresses): Promise<boolean> {
  const url = new URL('/api/health/checks/virtual-hosts', amqpManagementUrl)
  const authorization = `Basic ${Buffer.from(`${url.username}:${url.password}`).toString('base64')}`
  url.username = ''
  url.password = ''
  try {
    const response = await fetch(url, { headers: { authorization }, signal: AbortSignal.timeout(5_000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    // Not listening yet; the caller's deadline bounds this.
    return false
  }
}
