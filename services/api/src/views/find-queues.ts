import { ERROR_QUEUE, inspectQueue, laneQueue } from '@redrive/shared/broker'
import type { QueueResource } from '@redrive/shared/contract'
import { countDeadLetters, countLaneTasks, type LaneCounts } from '@redrive/shared/database'
import { isLane, LANES } from '@redrive/shared/task'
import type { ApiParts } from '../api-parts.ts'
import { type Caller, visibleOwner } from '../http/caller.ts'

/** The error queue's name in the api. */
export const ERROR = 'error'

export const QUEUE_NAMES: readonly string[] = [...LANES, ERROR]

/**
 * The queues of these names: depth and consumers as the broker has them now, tasks as the ledger has them. Consumes
 * nothing. A broker that does not answer costs its figures, and says so, but no error.
 */
export async function findQueues(
  names: readonly string[],
  caller: Caller,
  api: ApiParts,
): Promise<QueueResource[]> {
  const [lanes, deadLetters, ...live] = await Promise.all([
    countLaneTasks(api.db, visibleOwner(caller)),
    countDeadLetters(api.db, visibleOwner(caller)),
    ...names.map((name) => inspectLive(brokerQueueOf(name), api)),
  ])
  return names.map((name, index) => {
    const shown = { name, brokerQueue: brokerQueueOf(name), ...(live[index] ?? UNKNOWN) }
    if (name === ERROR)
      return { ...shown, kind: 'error', ...NO_TASKS, deadLetters: deadLetters.carried + deadLetters.open }
    return { ...shown, kind: 'lane', ...countsOf(lanes, name), deadLetters: null }
  })
}

type LiveFigures = Pick<QueueResource, 'ready' | 'consumers' | 'unacknowledged' | 'note'>

const UNKNOWN: LiveFigures = {
  ready: null,
  consumers: null,
  unacknowledged: null,
  note: 'RabbitMQ did not answer, so its live figures are not known.',
}

const MISSING: LiveFigures = {
  ...UNKNOWN,
  note: 'RabbitMQ has no such queue at the moment; it is declared again by itself.',
}

const NO_TASKS = { scheduled: null, waiting: null, queued: null, running: null, retrying: null }

async function inspectLive(queue: string, { connection, management }: ApiParts): Promise<LiveFigures> {
  // Without a connection the answer would only come after a wait for one.
  if (!connection.isConnected) return UNKNOWN
  const [found, managed] = await Promise.all([
    // Whatever the reason, the figures are missing, and the note says so.
    inspectQueue(connection, queue).catch(() => undefined),
    management?.inspectQueue(queue) ?? null,
  ])
  if (found === undefined) return UNKNOWN
  if (found === null) return MISSING
  return { ...found, unacknowledged: managed?.unacknowledged ?? null, note: null }
}

function brokerQueueOf(name: string): string {
  return isLane(name) ? laneQueue(name) : ERROR_QUEUE
}

function countsOf(counts: readonly LaneCounts[], name: string): Omit<LaneCounts, 'lane'> {
  const {
    scheduled = 0,
    waiting = 0,
    queued = 0,
    running = 0,
    retrying = 0,
  } = counts.find((one) => one.lane === name) ?? {}
  return { scheduled, waiting, queued, running, retrying }
}
