import { PrivateRabbitMq, PrivateRabbitMqCluster, type RabbitMqVersion } from '@redrive/engines'
import type { BrokerControl, BrokerNode } from '../stage.ts'
import { managementOf } from './management-of.ts'

export interface BrokerPlan {
  readonly dataFolder: string
  readonly cacheFolder: string
  readonly version: RabbitMqVersion | undefined
  /** One, or three or more that make a cluster. */
  readonly nodes: number
}

/** Starts a durable RabbitMQ of the run's own. */
export function startBroker({ nodes, ...options }: BrokerPlan): Promise<BrokerControl> {
  const plan = { ...options, isDurable: true, onProgress: () => {} }
  return nodes === 1 ? startNode(plan) : startCluster({ ...plan, nodes })
}

type EnginePlan = ConstructorParameters<typeof PrivateRabbitMq>[0]

async function startNode(plan: EnginePlan): Promise<BrokerControl> {
  const node = new PrivateRabbitMq(plan)
  const { amqpUrl, amqpManagementUrl } = await node.start()
  return {
    cluster: null,
    node,
    amqpUrl,
    amqpUrls: [amqpUrl],
    managementUrls: [amqpManagementUrl],
    manage: managementOf([amqpManagementUrl]),
    start: async () => {
      const again = await node.start()
      if (again.amqpUrl !== amqpUrl) throw new Error('RabbitMQ came back on another port')
    },
    stop: () => node.stop(),
  }
}

async function startCluster(plan: EnginePlan & { readonly nodes: number }): Promise<BrokerControl> {
  const cluster = new PrivateRabbitMqCluster(plan)
  const { amqpUrls, amqpManagementUrls: managementUrls } = await cluster.start()
  const [amqpUrl = ''] = amqpUrls
  return {
    cluster,
    node: asOne(cluster),
    amqpUrl,
    amqpUrls,
    managementUrls,
    manage: managementOf(managementUrls),
    start: () => cluster.restore(),
    stop: () => cluster.stop(),
  }
}

/** What is done to a broker is done to all of its nodes at once; the command line asks the first that runs. */
function asOne(cluster: PrivateRabbitMqCluster): BrokerNode {
  const toAll = async (act: (node: PrivateRabbitMqCluster['members'][number]) => Promise<void>) => {
    await Promise.all(cluster.members.map(act))
  }
  return {
    kill: () => toAll((node) => node.kill()),
    stop: () => toAll((node) => node.stop()),
    pause: () => cluster.members.forEach((node) => node.pause()),
    resume: () => cluster.members.forEach((node) => node.resume()),
    forget: () => cluster.members.forEach((node) => node.forget()),
    control: (args) => {
      const running = cluster.members.find(({ isRunning }) => isRunning)
      if (running === undefined) throw new Error('no node of RabbitMQ is running')
      return running.control(args)
    },
  }
}
