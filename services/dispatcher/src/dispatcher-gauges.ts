import {
  ERROR_QUEUE,
  inspectQueue,
  laneQueue,
  type BrokerConnection,
  type ManagementClient,
} from '@redrive/shared/broker'
import {
  countDeadLetters,
  countFailures,
  countGroups,
  countLaneTasks,
  type Database,
  type DeadLetterCounts,
  type LaneCounts,
} from '@redrive/shared/database'
import { registerGauge, type createMetrics, type GaugeReading } from '@redrive/shared/runtime'
import { DIFFERENCE_KINDS, LANES, OPEN_STATES } from '@redrive/shared/task'
import type { Reconciling } from './create-reconciling.ts'

export interface MeasuredParts {
  readonly registry: ReturnType<typeof createMetrics>
  readonly database: Database
  readonly connection: BrokerConnection
  readonly management: ManagementClient | null
  readonly reconciling: Reconciling
  /** The works of this kind of process, and whether this one does them. */
  readonly leadership: () => ReadonlyMap<string, boolean>
  /** The windows of the lanes that this process releases. */
  readonly windows: () => ReadonlyMap<string, number>
}

const QUEUES = [...LANES.map(laneQueue), ERROR_QUEUE]
/** Counting reads every open row, so several scrapers in a row get the same figures. */
const COUNT_EVERY_MS = 5_000

/** Registers what is measured when `/metrics` is asked. */
export function registerDispatcherGauges(parts: MeasuredParts): void {
  const { registry, database } = parts
  const laneTasks = rememberFor(COUNT_EVERY_MS, () => countLaneTasks(database.db, null))
  const deadLetters = rememberFor(COUNT_EVERY_MS, () => countDeadLetters(database.db, null))
  registerGauge({ registry, name: 'redrive_open_tasks', measure: async () => readTasks(await laneTasks()) })
  registerGauge({
    registry,
    name: 'redrive_dead_letters_waiting',
    measure: async () => readDeadLetters(await deadLetters()),
  })
  registerGroupGauges(parts)
  registerGauge({ registry, name: 'redrive_database_pool', measure: () => readPool(database) })
  registerBrokerGauges(parts)
  registerOwnGauges(parts)
  registerBalanceGauges(parts)
}

function registerGroupGauges({ registry, database }: MeasuredParts): void {
  const groups = rememberFor(COUNT_EVERY_MS, () => countGroups(database.db))
  const failures = rememberFor(COUNT_EVERY_MS, () => countFailures(database.db))
  registerGauge({
    registry,
    name: 'redrive_groups',
    measure: async () =>
      Object.entries(await groups()).map(([state, value]) => ({ labels: { state }, value })),
  })
  registerGauge({
    registry,
    name: 'redrive_failures_per_minute',
    measure: async () => [{ labels: {}, value: await failures() }],
  })
}

function registerBrokerGauges({ registry, connection, management }: MeasuredParts): void {
  registerGauge({
    registry,
    name: 'redrive_queue_messages',
    measure: () =>
      measureQueues(async (queue) =>
        connection.isConnected ? (await inspectQueue(connection, queue))?.ready : null,
      ),
  })
  registerGauge({
    registry,
    name: 'redrive_queue_stuck_messages',
    measure: () =>
      measureQueues(async (queue) => {
        const figures = await management?.inspectQueue(queue)
        return figures ? Math.max(0, figures.total - figures.ready - figures.unacknowledged) : null
      }),
  })
}

function registerOwnGauges({ registry, leadership, windows }: MeasuredParts): void {
  registerGauge({
    registry,
    name: 'redrive_leadership',
    measure: () =>
      [...leadership()].map(([work, isLeading]) => ({ labels: { work }, value: Number(isLeading) })),
  })
  registerGauge({
    registry,
    name: 'redrive_lane_window',
    measure: () => [...windows()].map(([lane, value]) => ({ labels: { lane }, value })),
  })
}

/** Only the dispatcher that leads has them, so that an old figure of another does not contradict it. */
function registerBalanceGauges({ registry, reconciling: { broker, sweep } }: MeasuredParts): void {
  registerGauge({
    registry,
    name: 'redrive_balanced',
    measure: () => {
      const { wasBalanced } = broker
      return wasBalanced === null ? [] : [{ labels: {}, value: Number(wasBalanced) }]
    },
  })
  registerGauge({
    registry,
    name: 'redrive_ledger_tasks',
    measure: () => {
      if (sweep.last === null) return []
      const { accepted, ended, open } = sweep.last
      const endings = Object.values(ended).reduce((sum, count) => sum + count, 0)
      return Object.entries({ accepted, ended: endings, open }).map(([kind, value]) => ({
        labels: { kind },
        value,
      }))
    },
  })
  registerGauge({
    registry,
    name: 'redrive_ledger_differences',
    measure: () =>
      sweep.last === null
        ? []
        : DIFFERENCE_KINDS.map((kind) => ({
            labels: { kind },
            value: sweep.last?.differences.find((one) => one.kind === kind)?.count ?? 0,
          })),
  })
}

/** Lanes and states without tasks are zero, not missing. */
function readTasks(counts: readonly LaneCounts[]): readonly GaugeReading<'redrive_open_tasks'>[] {
  return LANES.flatMap((lane) => {
    const found = counts.find((one) => one.lane === lane)
    return OPEN_STATES.map((state) => ({ labels: { lane, state }, value: found?.[state] ?? 0 }))
  })
}

function readDeadLetters(counts: DeadLetterCounts): readonly GaugeReading<'redrive_dead_letters_waiting'>[] {
  return [
    { labels: { state: 'carried' }, value: counts.carried },
    { labels: { state: 'open' }, value: counts.open },
  ]
}

function readPool(database: Database): readonly GaugeReading<'redrive_database_pool'>[] {
  const { total, idle, waiting } = database.poolCounts()
  return [
    { labels: { state: 'in_use' }, value: total - idle },
    { labels: { state: 'idle' }, value: idle },
    { labels: { state: 'waiting' }, value: waiting },
  ]
}

async function measureQueues(
  measure: (queue: string) => Promise<number | null | undefined>,
): Promise<readonly { readonly labels: { readonly queue: string }; readonly value: number }[]> {
  const values = await Promise.all(QUEUES.map(measure))
  return QUEUES.flatMap((queue, index) => {
    const value = values[index]
    return value === null || value === undefined ? [] : [{ labels: { queue }, value }]
  })
}

/** The same answer again until it is this old; a failure is not remembered. */
function rememberFor<T>(ms: number, measure: () => Promise<T>): () => Promise<T> {
  let last: { readonly atMs: number; readonly value: T } | null = null
  return async () => {
    if (last !== null && performance.now() - last.atMs < ms) return last.value
    const value = await measure()
    last = { atMs: performance.now(), value }
    return value
  }
}
