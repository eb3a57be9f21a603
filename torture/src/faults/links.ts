import type { Engine, Fault, Service } from '../stage.ts'

const SERVICES: readonly Service[] = ['api', 'dispatcher', 'worker']
const ENGINES: readonly Engine[] = ['postgres', 'rabbitmq']
/** AMQP's basic.ack (class 60, method 80): a confirm when RabbitMQ sends it, an acknowledgement when a worker does. */
const BASIC_ACK = Buffer.from([0, 60, 0, 80])

/** Faults of the paths between the services and the engines. */
export const LINK_FAULTS: readonly Fault[] = ENGINES.flatMap((engine) => [
  ...SERVICES.map((service) => partition(service, engine)),
  resetAll(engine),
  slow(engine),
  ...SERVICES.map((service) => cutAtContent(service, engine)),
])

function partition(service: Service, engine: Engine): Fault {
  return {
    name: `partition-${service}-${engine}`,
    meaning: `one ${service} loses ${engine} for 2 to 15 s: what is sent either way is swallowed, and no connection is closed`,
    inject: async ({ fleet, random, sleep, log }) => {
      const member = random.pick(fleet.of(service))
      log('fault.member', { member: member.name })
      const link = member.links[engine]
      link.blackhole()
      try {
        await sleep(random.int(2_000, 15_000))
      } finally {
        link.restore()
      }
    },
  }
}

function resetAll(engine: Engine): Fault {
  return {
    name: `reset-${engine}`,
    meaning: `every connection to ${engine} is reset, five times within some seconds`,
    inject: async ({ fleet, random, sleep }) => {
      for (let round = 0; round < 5; round += 1) {
        for (const link of fleet.linksTo(engine)) link.reset()
        await sleep(random.int(100, 2_000))
      }
    },
  }
}

function slow(engine: Engine): Fault {
  return {
    name: `slow-${engine}`,
    meaning: `everything to and from ${engine} arrives 50 to 400 ms late for 5 to 15 s`,
    inject: async ({ fleet, random, sleep }) => {
      const delayMs = random.int(50, 400)
      for (const link of fleet.linksTo(engine)) link.delay(delayMs)
      try {
        await sleep(random.int(5_000, 15_000))
      } finally {
        for (const link of fleet.linksTo(engine)) link.restore()
      }
    },
  }
}

interface Cut {
  readonly pattern: Buffer | string
  readonly direction: 'toClient' | 'toTarget'
  readonly isDelivered: boolean
  readonly when: string
}

function chooseCut(service: Service, engine: Engine): Cut {
  if (engine === 'postgres') {
    // A statement of a service is its own transaction, so its answer is also the answer to the commit.
    const when = 'after a statement that changes tasks has arrived, before its answer has'
    return { pattern: 'open_tasks', direction: 'toTarget', isDelivered: true, when }
  }
  return service === 'worker'
    ? {
        pattern: BASIC_ACK,
        direction: 'toTarget',
        isDelivered: false,
        when: 'before an acknowledgement arrives',
      }
    : { pattern: BASIC_ACK, direction: 'toClient', isDelivered: false, when: 'before a confirm arrives' }
}

function cutAtContent(service: Service, engine: Engine): Fault {
  const { pattern, when, ...options } = chooseCut(service, engine)
  return {
    name: `cut-${service}-${engine}`,
    meaning: `the connections of every ${service} to ${engine} are cut ${when}, ten times`,
    inject: async ({ fleet, sleep }) => {
      const links = fleet.linksTo(engine, service)
      for (let round = 0; round < 10; round += 1) {
        for (const link of links) void link.closeAfter(pattern, options)
        await sleep(500)
      }
      for (const link of links) link.restore()
    },
  }
}
