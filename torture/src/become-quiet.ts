import { ERROR_QUEUE, laneQueue } from '@redrive/shared/broker'
import { LANES } from '@redrive/shared/task'
import type { QueueFact } from './check/evidence.ts'
import type { History } from './history.ts'
import type { Stage } from './stage.ts'

/** After the last fault everything is to have ended within this. */
export const QUIET_WITHIN_MS = 180_000
const LOOK_EVERY_MS = 500
/** The management API shows what was so some seconds ago. */
const SETTLED_FOR_MS = 8_000

export interface Quiet {
  readonly queues: readonly QueueFact[]
  /** Members that are not ready, with what they say. */
  readonly unready: readonly string[]
  readonly quietAfterMs: number
}

/**
 * Heals what is left to heal and waits until every task has ended, no dead letter is carried and the queues are empty;
 * or until the time for it is over, which the checks then find.
 */
export async function becomeQuiet(stage: Stage, history: History): Promise<Quiet> {
  const startedAtMs = history.nowMs
  await heal(stage)
  let settledSinceMs: number | null = null
  let queues: readonly QueueFact[] = []
  while (history.nowMs - startedAtMs < QUIET_WITHIN_MS) {
    queues = await readQueues(stage)
    const isQuiet = (await countUnended(stage)) === 0 && queues.every(isAtRest)
    settledSinceMs = isQuiet ? (settledSinceMs ?? history.nowMs) : null
    if (settledSinceMs !== null && history.nowMs - settledSinceMs >= SETTLED_FOR_MS) break
    await stage.sleep(LOOK_EVERY_MS)
  }
  const quietAfterMs = (settledSinceMs ?? history.nowMs) - startedAtMs
  history.add('quiet', { quietAfterMs, isQuiet: settledSinceMs !== null })
  return { queues, unready: await findUnready(stage), quietAfterMs }
}

function isAtRest({ messages, consumers, wantedConsumers }: QueueFact): boolean {
  return messages === 0 && consumers === wantedConsumers
}

/** What does not become ready is found, and told, when everybody is asked at the end. */
export async function heal({ fleet, log }: Stage): Promise<void> {
  fleet.restoreLinks()
  await fleet.restore().catch((error: unknown) => log('heal.failed', { error: String(error) }))
}

async function countUnended({ ledger: { db } }: Stage): Promise<number> {
  const open = await db
    .selectFrom('open_tasks')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .executeTakeFirst()
  const carried = await db
    .selectFrom('dead_letters')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('state', '=', 'carried')
    .executeTakeFirst()
  return Number(open?.count) + Number(carried?.count)
}

async function readQueues({ rabbitmq, fleet }: Stage): Promise<readonly QueueFact[]> {
  const found = (await rabbitmq.manage('GET', '/queues')) as readonly {
    readonly name: string
    readonly messages?: number
    readonly messages_ready?: number
    readonly messages_unacknowledged?: number
    readonly consumers?: number
  }[]
  return [...LANES.map((lane) => laneQueue(lane)), ERROR_QUEUE].map((name) => {
    const queue = found.find((one) => one.name === name)
    return {
      name,
      messages: queue?.messages ?? -1,
      ready: queue?.messages_ready ?? 0,
      unacknowledged: queue?.messages_unacknowledged ?? 0,
      consumers: queue?.consumers ?? 0,
      wantedConsumers: fleet.of(name === ERROR_QUEUE ? 'dispatcher' : 'worker').length,
    }
  })
}

async function findUnready({ fleet }: Stage): Promise<readonly string[]> {
  const answers = await Promise.all(
    fleet.members.map(async ({ name, addresses }) => {
      const answer = await fetch(`${addresses?.operationsUrl}/readyz`).catch((error: unknown) =>
        String(error),
      )
      if (typeof answer === 'string') return `${name} does not answer: ${answer}`
      return answer.ok ? null : `${name} is not ready: ${await answer.text()}`
    }),
  )
  return answers.filter((answer) => answer !== null)
}
