import type { TcpProxy } from '@redrive/shared/testing'
import type { Engine, Fault, Service, Stage } from '../stage.ts'

const SERVICES: readonly Service[] = ['api', 'dispatcher', 'worker']
const ENGINES: readonly Engine[] = ['postgres', 'rabbitmq']
const DIRECTIONS = ['toClient', 'toTarget'] as const
/** The simple query by which a transaction ends, as the driver sends it. */
const COMMIT = Buffer.from('Q\0\0\0\u000bcommit\0', 'latin1')
const BEGIN = 'begin'

/** Faults of networks that neither end makes: slow, narrow, torn, one-sided and forgotten connections. */
export const NETWORK_FAULTS: readonly Fault[] = ENGINES.flatMap((engine) => [
  held(engine, {
    name: `refuse-${engine}`,
    meaning: `every connection to ${engine} is closed and new ones are refused for 2 to 12 s`,
    hold: { least: 2_000, most: 12_000 },
    spoil: (link) => link.cut(),
  }),
  held(engine, {
    name: `jitter-${engine}`,
    meaning: `everything to and from ${engine} arrives 0 to 500 ms late, each piece by another time, for 5 to 15 s`,
    hold: { least: 5_000, most: 15_000 },
    spoil: (link) => link.delay(0, { jitterMs: 500 }),
  }),
  held(engine, {
    name: `throttle-${engine}`,
    meaning: `the path to ${engine} carries 4 to 60 kB/s on each connection for 5 to 15 s`,
    hold: { least: 5_000, most: 15_000 },
    spoil: (link, random) => link.throttle(random.int(4_000, 60_000)),
  }),
  held(engine, {
    name: `split-${engine}`,
    meaning: `everything to and from ${engine} arrives in pieces of 1 to 7 bytes for 5 to 10 s`,
    hold: { least: 5_000, most: 10_000 },
    spoil: (link, random) => link.split(random.int(1, 7)),
  }),
  held(engine, {
    name: `deafen-${engine}`,
    meaning: `what goes one way between the services and ${engine} is swallowed for 2 to 12 s, the other way is sound`,
    hold: { least: 2_000, most: 12_000 },
    spoil: (link, random) => link.blackhole(random.pick(DIRECTIONS)),
  }),
  held(engine, {
    name: `half-open-${engine}`,
    meaning: `every connection to ${engine} ends at one of its ends only, the other end is told 2 to 20 s later; new ones are sound`,
    hold: { least: 2_000, most: 20_000 },
    spoil: (link, random) => link.abandon(random.pick(['client', 'target'])),
  }),
  tear(engine),
])

/** Commits whose outcome the services cannot know, and transactions that nobody is left to end. */
export const LOST_ANSWER_FAULTS: readonly Fault[] = [
  ...SERVICES.map((service) =>
    loseAnswers({
      name: `lose-answers-${service}`,
      meaning: `the answers to statements of every ${service} that change tasks are lost with their connections, ten times`,
      service,
      patterns: ['open_tasks', 'insert into', 'update '],
    }),
  ),
  loseAnswers({
    name: 'lose-commits',
    meaning: 'the answers to commits of dispatchers are lost with their connections, ten times',
    service: 'dispatcher',
    patterns: [COMMIT],
  }),
  ...(['api', 'dispatcher'] as const).map(vanishInTransaction),
]

interface Held {
  readonly name: string
  readonly meaning: string
  readonly hold: { readonly least: number; readonly most: number }
  readonly spoil: (link: TcpProxy, random: Stage['random']) => void
}

function held(engine: Engine, { name, meaning, hold, spoil }: Held): Fault {
  return {
    name,
    meaning,
    inject: async ({ fleet, random, sleep }) => {
      const links = fleet.linksTo(engine)
      for (const link of links) spoil(link, random)
      try {
        await sleep(random.int(hold.least, hold.most))
      } finally {
        for (const link of links) link.restore()
      }
    },
  }
}

function tear(engine: Engine): Fault {
  return {
    name: `tear-${engine}`,
    meaning: `connections to ${engine} are reset in the middle of what they carry, ten times`,
    inject: async ({ fleet, random, sleep }) => {
      const links = fleet.linksTo(engine)
      for (let round = 0; round < 10; round += 1) {
        for (const link of links) void link.resetAfter(random.int(1, 4_000), random.pick(DIRECTIONS))
        await sleep(500)
      }
      for (const link of links) link.restore()
    },
  }
}

interface LostAnswers {
  readonly name: string
  readonly meaning: string
  readonly service: Service
  readonly patterns: readonly (Buffer | string)[]
}

function loseAnswers({ name, meaning, service, patterns }: LostAnswers): Fault {
  return {
    name,
    meaning,
    inject: async ({ fleet, random, sleep }) => {
      const links = fleet.linksTo('postgres', service)
      for (let round = 0; round < 10; round += 1) {
        for (const link of links) void link.closeAfter(random.pick(patterns), { isAnswered: true })
        await sleep(500)
      }
      for (const link of links) link.restore()
    },
  }
}

/** Postgres keeps such a transaction with all its locks until it is told, or loses its patience. */
function vanishInTransaction(service: 'api' | 'dispatcher'): Fault {
  return {
    name: `vanish-in-transaction-${service}`,
    meaning: `every ${service} loses its connections in the middle of a transaction, and Postgres hears of it 10 to 20 s later`,
    inject: async ({ fleet, random, sleep }) => {
      const links = fleet.linksTo('postgres', service)
      for (const link of links) void link.closeAfter(BEGIN, { isSilent: true })
      await sleep(random.int(10_000, 20_000))
      for (const link of links) link.restore()
    },
  }
}
