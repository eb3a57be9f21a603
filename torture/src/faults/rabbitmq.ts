import type { Fault, Stage } from '../stage.ts'
import { within } from './within.ts'

const VHOST = '%2F'
const HEALS_WITHIN_MS = 60_000
/** Over three heartbeats of 10 s. */
const BEYOND_HEARTBEATS_MS = { least: 32_000, most: 45_000 }
const EVERYTHING = { configure: '.*', write: '.*', read: '.*' }

/** Faults of RabbitMQ beyond its death: how it is run, and what its operators set. */
export const RABBITMQ_FAULTS: readonly Fault[] = [
  {
    name: 'restart-rabbitmq',
    meaning: 'RabbitMQ is shut down in order and started again',
    handles: 'rabbitmq',
    inject: async ({ rabbitmq }) => {
      await rabbitmq.node.stop()
      await rabbitmq.start()
    },
  },
  {
    name: 'freeze-rabbitmq-long',
    meaning: 'RabbitMQ is stopped for 32 to 45 s, so that every heartbeat is missed, and then goes on',
    handles: 'rabbitmq',
    inject: async ({ rabbitmq, sleep, random }) => {
      rabbitmq.node.pause()
      await sleep(random.int(BEYOND_HEARTBEATS_MS.least, BEYOND_HEARTBEATS_MS.most))
      rabbitmq.node.resume()
    },
  },
  {
    name: 'stop-rabbitmq-app',
    meaning: 'an operator stops RabbitMQ within its node for 1 to 5 s, as for maintenance',
    handles: 'rabbitmq',
    inject: async ({ rabbitmq, sleep, random }) => {
      await rabbitmq.node.control(['stop_app'])
      await sleep(random.int(1_000, 5_000))
      await within(HEALS_WITHIN_MS, () => rabbitmq.node.control(['start_app']))
    },
  },
  {
    name: 'lower-consumer-timeout',
    meaning: 'RabbitMQ takes every ticket that is held for more than 1 s for forgotten, for 8 to 15 s',
    inject: lowerConsumerTimeout,
  },
  {
    name: 'limit-lane-queues',
    meaning: 'an operator limits every lane to one message, so that publishes are refused, for 4 to 12 s',
    inject: async (stage) => {
      const definition = { 'max-length': 1 }
      const policy = { pattern: '^redrive\\.v1\\.', definition, 'apply-to': 'queues' }
      await change(stage, {
        make: () => stage.rabbitmq.manage('PUT', `/policies/${VHOST}/torture`, policy),
        undo: () => stage.rabbitmq.manage('DELETE', `/policies/${VHOST}/torture`),
      })
    },
  },
  {
    name: 'take-permissions',
    meaning:
      "the services' user may neither publish nor consume for 4 to 12 s, on old connections or new ones",
    inject: async (stage) => {
      const path = `/permissions/${VHOST}/${new URL(stage.rabbitmq.amqpUrl).username}`
      const nothing = { configure: '^$', write: '^$', read: '^$' }
      await change(stage, {
        make: async () => {
          await stage.rabbitmq.manage('PUT', path, nothing)
          await stage.rabbitmq.node.control(['close_all_connections', 'permissions have changed'])
        },
        undo: () => stage.rabbitmq.manage('PUT', path, EVERYTHING),
      })
    },
  },
  {
    name: 'delete-vhost',
    meaning: 'the virtual host is deleted with all its queues, and an empty one is made 0 to 4 s later',
    inject: async (stage) => {
      const { rabbitmq, sleep, random } = stage
      const user = new URL(rabbitmq.amqpUrl).username
      await rabbitmq.manage('DELETE', `/vhosts/${VHOST}`)
      await sleep(random.int(0, 4_000))
      await within(HEALS_WITHIN_MS, async () => {
        await rabbitmq.manage('PUT', `/vhosts/${VHOST}`)
        await rabbitmq.manage('PUT', `/permissions/${VHOST}/${user}`, EVERYTHING)
      })
    },
  },
]

interface Change {
  readonly make: () => Promise<unknown>
  readonly undo: () => Promise<unknown>
}

async function change({ sleep, random }: Stage, { make, undo }: Change): Promise<void> {
  try {
    await make()
    await sleep(random.int(4_000, 12_000))
  } finally {
    await within(HEALS_WITHIN_MS, undo)
  }
}

/** Before 3.12 a channel looks at its tickets once a minute, and reads how often when it opens. */
async function lowerConsumerTimeout(stage: Stage): Promise<void> {
  const { rabbitmq, sleep, random } = stage
  const set = (timeoutMs: number, tickMs: number) =>
    rabbitmq.node.control([
      'eval',
      `application:set_env(rabbit, consumer_timeout, ${timeoutMs}), application:set_env(rabbit, channel_tick_interval, ${tickMs}).`,
    ])
  const renew = () => rabbitmq.node.control(['close_all_connections', 'settings have changed'])
  try {
    await set(1_000, 500)
    await renew()
    await sleep(random.int(8_000, 15_000))
  } finally {
    await within(HEALS_WITHIN_MS, () => set(1_800_000, 60_000))
    await within(HEALS_WITHIN_MS, renew)
  }
}
