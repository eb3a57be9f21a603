import {
  findConvicts,
  finishFailed,
  lockGoneWorker,
  rescueAttempts,
  type Convict,
  type Executor,
  type Failure,
  type RescuedAttempt,
  type Session,
} from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { describeFault, MAX_LOSSES, type TaskError } from '@redrive/shared/task'

export interface DeadWorker {
  readonly id: string
  /** Null when it was given up before, by whoever knew it. */
  readonly host: string | null
}

export interface WorkerRescueResult {
  readonly rescued: readonly RescuedAttempt[]
  readonly convicted: readonly Convict[]
}

const NOTHING: WorkerRescueResult = { rescued: [], convicted: [] }

/**
 * Takes back what a dead worker was running, in one transaction on the connection that saw it gone: its attempts end as
 * lost and uncharged, and a task that was lost too often fails as crashed. Does nothing when the worker has come back
 * since, or when the connection is another one by now: a restarted server shows every worker as gone.
 */
export async function rescueWorker(
  session: Session,
  { worker, generation }: { readonly worker: DeadWorker; readonly generation: number },
): Promise<WorkerRescueResult> {
  return await session.db.transaction().execute(async (transaction) => {
    const isGone = await lockGoneWorker(transaction, worker.id)
    if (!isGone || session.generation() !== generation) return NOTHING
    const decision = `${nameOf(worker)} disappeared while the attempt ran. It is not charged, and the task runs again, alone in a process of its own.`
    const rescued = await rescueAttempts(transaction, {
      workerId: worker.id,
      maxLosses: MAX_LOSSES,
      decision,
    })
    const convicted = await convict(transaction, worker)
    return { rescued, convicted }
  })
}

async function convict(transaction: Executor, worker: DeadWorker): Promise<readonly Convict[]> {
  const convicts = await findConvicts(transaction, { workerId: worker.id, maxLosses: MAX_LOSSES })
  if (convicts.length === 0) return []
  const failed = await finishFailed(
    transaction,
    convicts.map((convict) => failureOf(convict, worker)),
  )
  return convicts.filter((convict) => failed.has(convict.taskId))
}

function failureOf(convict: Convict, worker: DeadWorker): Failure {
  const times = convict.losses + 1
  const error: TaskError = {
    type: 'WorkerLost',
    message: `${nameOf(worker)} disappeared while attempt ${convict.attempt} ran.`,
  }
  return {
    deadLetterId: newId(),
    taskId: convict.taskId,
    token: convict.token,
    error,
    ...describeFault(error),
    reason: 'crashed',
    decision: `Workers disappeared ${times} times while they ran this task, and no task is given more than ${MAX_LOSSES} workers to lose; so it is taken for the cause.`,
    outcome: 'lost',
    isCharged: false,
  }
}

function nameOf({ id, host }: DeadWorker): string {
  return host === null ? `Worker ${id}` : `Worker ${id} on host ${host}`
}
