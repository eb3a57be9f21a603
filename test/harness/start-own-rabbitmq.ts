import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PrivateRabbitMq } from '@redrive/engines'
import { onCleanup, REPOSITORY_FOLDER } from '@redrive/shared/testing'

export interface OwnRabbitMq {
  readonly amqpUrl: string
  /** Kills the node, deletes everything it knew, and starts it again, empty, on the same address. */
  eraseData(): Promise<void>
}

/** A RabbitMQ node that a test may ruin. */
export async function startOwnRabbitMq(): Promise<OwnRabbitMq> {
  const node = new PrivateRabbitMq({
    dataFolder: mkdtempSync(join(tmpdir(), 'redrive-own-rabbitmq-')),
    cacheFolder: join(REPOSITORY_FOLDER, '.redrive/cache/rabbitmq'),
    isDurable: false,
    onProgress: () => {},
  })
  onCleanup(async () => {
    await node.stop()
    await node.erase()
  })
  const { amqpUrl } = await node.start()
  return {
    amqpUrl,
    eraseData: async () => {
      await node.kill()
      await node.stop()
      node.forget()
      const again = await node.start()
      if (again.amqpUrl !== amqpUrl) throw new Error('the broker came back elsewhere')
    },
  }
}
