import type { Convict, Failure, RescuedAttempt } from '../database/index.ts'
import { describeFault, isLane, MAX_LOSSES, MAX_LOSSES_BESIDE_OTHERS, type TaskError } from '../task/index.ts'
import type { Flow } from './flow.ts'
import { type Judgement, judgeLook, type LookMemory, type TimedLook } from './judge-looks.ts'
import {
  ask,
  type Ask,
  emit,
  type Emit,
  inTransaction,
  type InTransaction,
  type Publish,
  reach,
  type Reach,
  readGeneration,
  type ReadGeneration,
  type Sources,
} from './ports.ts'
import { publishTickets } from './publish-tickets.ts'

export interface DeadWorker {
  readonly id: string
  /** Null when it was given up before, by whoever knew it. */
  readonly host: string | null
}

export interface LookOrder {
  readonly memory: LookMemory
  readonly leaseMs: number
  readonly sources: Pick<Sources, 'nowMs'>
}

export interface LookResult extends Judgement {
  readonly look: TimedLook
}

/** One look at all workers, and what it says together with those before it. */
export function* lookForDead({
  memory,
  leaseMs,
  sources,
}: LookOrder): Flow<Ask<'findGoneWorkers'> | ReadGeneration, LookResult> {
  const seen = yield* ask('findGoneWorkers')
  const generation = yield* readGeneration()
  const look = { ...seen, generation, atMs: sources.nowMs() }
  return { ...judgeLook(memory, look, leaseMs), look }
}

export interface RescueOrder {
  readonly worker: DeadWorker
  /** Of the connection that saw it gone. */
  readonly generation: number
  readonly sources: Pick<Sources, 'newId'>
}

type StatementInRescue =
  | Ask<'findConvicts'>
  | Ask<'finishFailed'>
  | Ask<'lockGoneWorker'>
  | Ask<'rescueAttempts'>
  | ReadGeneration

/** What a dispatcher that looks and rescues does. */
export type RescueEffect =
  | Ask<'findGoneWorkers'>
  | Emit
  | InTransaction<TakenBack>
  | Publish
  | Reach
  | ReadGeneration

export interface TakenBack {
  readonly rescued: readonly RescuedAttempt[]
  readonly convicted: readonly Convict[]
}

const NOTHING: TakenBack = { rescued: [], convicted: [] }

/**
 * Takes back what a dead worker was running, in one transaction on the connection that saw it gone: its attempts end as
 * lost and uncharged, and a task that was lost too often fails as crashed, unless something else that ran may be the cause. Does nothing when the worker has come back
 * since, or when the connection is another one by now: a restarted server shows every worker as gone.
 *
 * The convicted tasks' own tickets are gone: whoever got them again saw a running task and dropped them. So each is sent
 * once more, after the commit, to a worker, which finds the task failed and rejects it. If it is lost, the dead letter
 * opens as overdue. Crash window: the rest are due rows like any others.
 */
export function* rescueWorker(
  order: RescueOrder,
): Flow<InTransaction<TakenBack> | Emit | Publish | Reach, void> {
  const { rescued, convicted } = yield* inTransaction(() => takeBack(order))
  if (rescued.length + convicted.length === 0) return
  yield reach('rescue.committed')
  const workerId = order.worker.id
  yield emit('attempts.rescued', { count: rescued.length, workerId, convicted: convicted.length })
  for (const { taskId, type, attempt } of convicted) {
    yield emit('task.dead_lettered', { taskId, type, attempt, reason: 'crashed' })
  }
  for (const { lane, taskId, number } of convicted) {
    if (isLane(lane)) yield* publishTickets(lane, [{ taskId, number }])
  }
}

function* takeBack({ worker, generation, sources }: RescueOrder): Flow<StatementInRescue, TakenBack> {
  const isGone = yield* ask('lockGoneWorker', worker.id)
  if (!isGone || (yield* readGeneration()) !== generation) return NOTHING
  const decision = `${nameOf(worker)} disappeared while the attempt ran. It is not charged, and the task runs again, alone in a process of its own.`
  const limits = { workerId: worker.id, maxLosses: MAX_LOSSES }
  const rescued = yield* ask('rescueAttempts', {
    ...limits,
    maxLossesBesideOthers: MAX_LOSSES_BESIDE_OTHERS,
    decision,
  })
  const convicts = yield* ask('findConvicts', limits)
  if (convicts.length === 0) return { rescued, convicted: [] }
  const failed = yield* ask(
    'finishFailed',
    convicts.map((convict) => failureOf(convict, worker, sources.newId())),
  )
  return { rescued, convicted: convicts.filter((convict) => failed.has(convict.taskId)) }
}

function failureOf(convict: Convict, worker: DeadWorker, deadLetterId: string): Failure {
  const times = convict.losses + 1
  const error: TaskError = {
    type: 'WorkerLost',
    message: `${nameOf(worker)} disappeared while attempt ${convict.attempt} ran.`,
  }
  return {
    deadLetterId,
    taskId: convict.taskId,
    token: convict.token,
    error,
    ...describeFault(error),
    reason: 'crashed',
    decision: `Workers disappeared ${times} times while they ran this task, more often than chance explains; so it is taken for the cause.`,
    outcome: 'lost',
    isCharged: false,
  }
}

function nameOf({ id, host }: DeadWorker): string {
  return host === null ? `Worker ${id}` : `Worker ${id} on host ${host}`
}
