import { type AttemptAtWork, type AttemptOutcome, isSuspect } from '@redrive/shared/protocol'
import { LANES } from '@redrive/shared/task'
import type { AnyFlow } from './effect.ts'
import type { Held, WorkerProcess } from './processes.ts'
import { resultOf } from './watch.ts'
import { PREFETCH, type World } from './world.ts'

const SLOTS = 3
const RUN_LATER_MS = 500
const ERROR = { type: 'Error', message: 'it broke' }
const EVIDENCE = { exitCode: null, signal: 'SIGSEGV', memoryPeakBytes: null, lastOutput: [] }

/** Takes a delivery from any place of any lane, since nobody may rely on the order. */
export function receiveAny(world: World, worker: WorkerProcess): boolean {
  const { broker, random } = world
  const lanes = LANES.filter((lane) => broker.ready(lane).length > 0)
  const lane = random.pick(lanes)
  if (lane === undefined || worker.held.size >= PREFETCH) return false
  world.receive(worker, lane, random.below(broker.ready(lane).length))
  return true
}

/** Claims what waits for the slots that are free, tickets of distinct tasks, one claim at a time. */
export function claimWaiting(world: World, worker: WorkerProcess): void {
  if (worker.threads.some(({ name }) => name === 'claim')) return
  const chosen = new Map<string, Held>()
  for (const held of worker.held.values()) {
    if (chosen.size >= SLOTS - worker.runs.size) break
    if (held.waitsUntil !== null && held.waitsUntil <= world.nowMs && !chosen.has(held.ticket.taskId))
      chosen.set(held.ticket.taskId, held)
  }
  if (chosen.size === 0) return
  for (const held of chosen.values()) held.waitsUntil = null
  const claiming = { workerId: worker.id, types: worker.types, sources: world.sources }
  world.begin(worker, 'claim', world.protocol.claimBatch([...chosen.values()], claiming))
}

/** A handler comes to its end, or takes its worker with it. */
export function endHandler(world: World, worker: WorkerProcess, attempt: AttemptAtWork<Held>): void {
  const outcome = drawOutcome(world, attempt)
  if (outcome === null) {
    world.kill(worker)
    return
  }
  worker.runs.delete(attempt)
  const { taskId, attempt: number } = attempt.claimed
  world.tell(() => `${worker.name}: attempt ${number} of task ${taskId} comes to ${outcome.kind}`)
  world.begin(
    worker,
    'end',
    world.protocol.endAttempt(outcome, { attempt, sources: world.sources }) as AnyFlow,
  )
}

/** Null where the worker dies of it. */
function drawOutcome({ random }: World, attempt: AttemptAtWork<Held>): AttemptOutcome | null {
  const { taskId, attempt: number, type } = attempt.claimed
  const succeeded = { kind: 'succeeded', result: resultOf(taskId, number) } as const
  const failed = { kind: 'failed', failure: 'error', error: ERROR } as const
  if (random.chance(0.04)) return { kind: 'returned', reason: 'the worker stops' }
  switch (type) {
    case 'flaky':
      return random.chance(0.5) ? succeeded : failed
    case 'broken':
      if (random.chance(0.2)) return { kind: 'unusable_result', error: ERROR }
      return random.chance(0.5) ? { ...failed, failure: 'permanent' } : failed
    case 'deadly':
      return isSuspect(attempt) ? { kind: 'crashed', error: ERROR, evidence: EVIDENCE } : null
    // No process of its own keeps the worker from dying: only the number of its losses convicts it.
    case 'cursed':
      return null
    case 'later':
      return random.chance(0.4) ? { kind: 'run_later', delayMs: RUN_LATER_MS, reason: 'not now' } : succeeded
    default:
      return succeeded
  }
}
