import { ask, type Flow, lookForDead, NOTHING_SEEN, reconcileLane } from '@redrive/shared/protocol'
import { DEFAULT_TENANT_ID, LANES } from '@redrive/shared/task'
import type { AnyFlow, Effect, ErrorInHand } from './effect.ts'
import type { DispatcherProcess } from './processes.ts'
import { StoreError } from './thread.ts'
import { LEASE_MS, type World } from './world.ts'

// What a dispatcher's loops do around the flows, with the intervals left to whoever schedules them.

const GRACE_MS = 5_000
const DOUBTED_AFTER_MS = 60_000
const OVERDUE_AFTER_MS = 300_000
const BATCH = 10
/** Of the looks, as many are followed by one for what came too late for an earlier rescue. */
const SWEEPS = 0.2

export const DISPATCHER_WORK = ['release', 'rescue', 'record', 'reconcile', 'overdue', 'expire'] as const

export type DispatcherWork = (typeof DISPATCHER_WORK)[number]

/** Begins a round of this work, unless one is under way. */
export function beginRound(world: World, dispatcher: DispatcherProcess, work: DispatcherWork): void {
  if (dispatcher.threads.some(({ name }) => name === work)) return
  const flow = roundOf(world, dispatcher, work)
  if (flow !== null) world.begin(dispatcher, work, flow)
}

function roundOf(world: World, dispatcher: DispatcherProcess, work: DispatcherWork): AnyFlow | null {
  switch (work) {
    case 'release':
      return release(world)
    case 'rescue':
      return rescue(world, dispatcher)
    case 'record':
      return record(world, dispatcher)
    case 'reconcile':
      return reconcile()
    case 'overdue':
      return ask('openOverdueDeadLetters', { olderThanMs: OVERDUE_AFTER_MS, limit: BATCH })
    case 'expire':
      return ask('expireTasks', { limit: BATCH })
  }
}

function* release({ protocol }: World): Flow<Effect, void> {
  for (const lane of LANES)
    yield* protocol.releaseTickets({ lane, limit: BATCH, graceMs: GRACE_MS }) as AnyFlow
}

function* rescue({ protocol, random, sources }: World, dispatcher: DispatcherProcess): Flow<Effect, void> {
  try {
    const { memory, isPaused, lost, look } = yield* lookForDead({
      memory: dispatcher.memory,
      leaseMs: LEASE_MS,
      sources,
    })
    dispatcher.memory = memory
    if (isPaused) return
    const { generation } = look
    for (const worker of lost) yield* protocol.rescueWorker({ worker, generation, sources })
    if (!random.chance(SWEEPS)) return
    const forgotten = yield* ask('findForgottenWorkers')
    for (const id of new Set([...look.recentlyLost, ...forgotten]))
      yield* protocol.rescueWorker({ worker: { id, host: null }, generation, sources })
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    dispatcher.memory = NOTHING_SEEN
  }
}

/** Null when nothing has arrived. */
function record({ broker, protocol, random, sources }: World, { name }: DispatcherProcess): AnyFlow | null {
  const messages: ErrorInHand[] = []
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const delivered = broker.deliver('error', {
      index: random.below(broker.ready('error').length),
      consumer: name,
    })
    if (delivered === null) break
    const { body, death } = delivered.message
    const evidence = {
      queue: death?.queue ?? null,
      exchange: null,
      routingKey: null,
      reason: death?.reason ?? null,
      count: 1,
      time: null,
      headers: {},
    }
    messages.push({
      delivered,
      delivery: { body: Buffer.from(body), messageId: null, contentType: null },
      evidence,
    })
  }
  if (messages.length === 0) return null
  return protocol.recordMessages(messages, { describeForeign, sources }) as AnyFlow
}

function describeForeign({
  id,
  delivery,
  reason,
}: {
  readonly id: string
  readonly delivery: ErrorInHand['delivery']
  readonly reason: string
}) {
  const error = { type: 'ForeignMessage', message: reason }
  return {
    id,
    tenantId: DEFAULT_TENANT_ID,
    digest: delivery.body.toString(),
    reason,
    decision: '',
    lane: null,
    error,
    fingerprint: '',
    title: '',
    broker: {},
    raw: delivery.body,
    rawContentType: null,
  }
}

function* reconcile(): Flow<Effect, void> {
  for (const lane of LANES) yield* reconcileLane({ lane, olderThanMs: DOUBTED_AFTER_MS }) as AnyFlow
}
