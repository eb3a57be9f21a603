import type { Fault, Stage } from '../stage.ts'

/** Faults of the two engines. */
export const ENGINE_FAULTS: readonly Fault[] = [
  {
    name: 'kill-rabbitmq',
    meaning: 'RabbitMQ is killed and started again',
    handles: 'rabbitmq',
    inject: async ({ rabbitmq, sleep, random }) => {
      await rabbitmq.node.kill()
      await sleep(random.int(0, 5_000))
      await rabbitmq.start()
    },
  },
  {
    name: 'freeze-rabbitmq',
    meaning: 'RabbitMQ is stopped for 2 to 20 s and then goes on',
    handles: 'rabbitmq',
    inject: async ({ rabbitmq, sleep, random }) => {
      rabbitmq.node.pause()
      await sleep(random.int(2_000, 20_000))
      rabbitmq.node.resume()
    },
  },
  {
    name: 'erase-rabbitmq',
    meaning: 'RabbitMQ is killed, its data directory is deleted, and an empty one starts',
    handles: 'rabbitmq',
    inject: async ({ rabbitmq, sleep, random }) => {
      await rabbitmq.node.kill()
      rabbitmq.node.forget()
      await sleep(random.int(0, 3_000))
      await rabbitmq.start()
    },
  },
  {
    name: 'kill-postgres',
    meaning: 'Postgres is killed with every backend and recovers',
    handles: 'postgres',
    inject: async ({ postgres, sleep, random }) => {
      await postgres.server.kill()
      await sleep(random.int(0, 5_000))
      await postgres.start()
    },
  },
  {
    name: 'restart-postgres',
    meaning: 'Postgres is shut down (fast) and started again',
    handles: 'postgres',
    inject: async ({ postgres }) => {
      await postgres.server.stop()
      await postgres.start()
    },
  },
  {
    name: 'freeze-postgres',
    meaning: 'Postgres is stopped with every backend for 1 to 12 s and then goes on',
    handles: 'postgres',
    inject: async ({ postgres, sleep, random }) => {
      postgres.server.pause()
      await sleep(random.int(1_000, 12_000))
      postgres.server.resume()
    },
  },
  {
    name: 'end-backends',
    meaning: 'every connection to Postgres is ended by an administrator, three times',
    inject: async (stage) => {
      for (let round = 0; round < 3; round += 1) {
        await endBackends(stage)
        await stage.sleep(1_000)
      }
    },
  },
  {
    name: 'exhaust-connections',
    meaning: 'somebody else takes every connection that Postgres has left, for 3 to 10 s',
    inject: exhaustConnections,
  },
  alarm({
    name: 'memory-alarm',
    meaning: 'RabbitMQ is out of memory and blocks publishers for 3 to 15 s',
    raise: ['set_vm_memory_high_watermark', '0.00001'],
    clear: ['set_vm_memory_high_watermark', '0.4'],
  }),
  alarm({
    name: 'disk-alarm',
    meaning: 'RabbitMQ is out of disk and blocks publishers for 3 to 15 s',
    raise: ['set_disk_free_limit', '100000GB'],
    clear: ['set_disk_free_limit', '200MB'],
  }),
]

interface Alarm {
  readonly name: string
  readonly meaning: string
  readonly raise: readonly string[]
  readonly clear: readonly string[]
}

function alarm({ name, meaning, raise, clear }: Alarm): Fault {
  return {
    name,
    meaning,
    inject: async ({ rabbitmq, sleep, random }) => {
      await rabbitmq.node.control(raise)
      try {
        await sleep(random.int(3_000, 15_000))
      } finally {
        await rabbitmq.node.control(clear)
      }
    },
  }
}

async function endBackends({ postgres }: Stage): Promise<void> {
  const client = await postgres.connect()
  try {
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
    )
  } finally {
    await client.end()
  }
}

/** New connections come as the services let go of theirs, until none can be had. */
async function exhaustConnections(stage: Stage): Promise<void> {
  const { postgres, random, sleep, log } = stage
  const taken: { end(): Promise<void> }[] = []
  try {
    await endBackends(stage)
    for (;;) {
      const client = await postgres.connect().catch(() => null)
      if (client === null) break
      taken.push(client)
    }
    log('fault.connections', { taken: taken.length })
    await sleep(random.int(3_000, 10_000))
  } finally {
    await Promise.all(taken.map((client) => client.end()))
  }
}
