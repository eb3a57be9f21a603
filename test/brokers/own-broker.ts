import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PrivateRabbitMq, PrivateRabbitMqCluster } from '@redrive/engines'
import { assertTopology, BrokerConnection } from '@redrive/shared/broker'
import { onCleanup, REPOSITORY_FOLDER } from '@redrive/shared/testing'
import { createLogger } from '@redrive/shared/runtime'
import { engineVersions } from '../harness/engine-versions.ts'

const logger = createLogger({ service: 'dispatcher', level: 'silent' })

/** A node with settings of RabbitMQ's own (Erlang's, "name, value") that others could not live with, and the topology. */
export async function startOwnBroker(settings: readonly string[]) {
  const node = new PrivateRabbitMq(options('node'))
  onCleanup(() => node.stop())
  const { amqpUrl } = await node.start()
  // Before there are queues, which read some of them once.
  for (const setting of settings) await node.control(['eval', `application:set_env(rabbit, ${setting}).`])
  return { node, ...(await withTopology([amqpUrl])) }
}

/** Three nodes that a test may kill one by one, with the topology declared once all of them are there. */
export async function startOwnCluster() {
  const cluster = new PrivateRabbitMqCluster(options('cluster'))
  onCleanup(() => cluster.stop())
  const { amqpUrls } = await cluster.start()
  return { cluster, ...(await withTopology(amqpUrls)) }
}

async function withTopology(urls: readonly string[]) {
  const connect = (): BrokerConnection => {
    const connection = new BrokerConnection({ urls, name: 'redrive-test', logger })
    connection.start()
    onCleanup(() => connection.stop())
    return connection
  }
  await assertTopology(connect())
  return { connect }
}

function options(kind: string) {
  const dataFolder = mkdtempSync(join(tmpdir(), `redrive-own-${kind}-`))
  onCleanup(() => rmSync(dataFolder, { recursive: true, force: true }))
  return {
    version: engineVersions().rabbitMq,
    dataFolder,
    cacheFolder: join(REPOSITORY_FOLDER, '.redrive/cache/rabbitmq'),
    isDurable: false,
    onProgress: () => {},
  }
}
