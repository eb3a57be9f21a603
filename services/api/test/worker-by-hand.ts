import {
  claimTickets,
  type Database,
  finishFailed,
  finishSucceeded,
  openDeadLetters,
  registerWorker,
} from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { describeFault, type TaskError } from '@redrive/shared/task'
import { waitFor } from '@redrive/shared/testing'

type Db = Database['db']

const WORKER = {
  host: 'host-1',
  pid: 1,
  version: '1.2.3',
  lanes: ['high', 'normal', 'low'],
  types: ['math.add', 'demo.work'],
  concurrency: 10,
}

/** Does by hand, statement by statement, what a worker and a recorder do. */
export interface WorkerByHand {
  readonly id: string
  claim(taskId: string, number?: number): Promise<string>
  succeed(taskId: string, result: unknown): Promise<void>
  /** Fails the task for good; its dead letter is carried. Returns the dead letter's id. */
  fail(taskId: string, options?: { readonly number?: number; readonly error?: TaskError }): Promise<string>
  /** Brings a carried dead letter's ticket through the error queue. */
  carry(taskId: string, number?: number): Promise<void>
}

export async function workByHand(db: Db): Promise<WorkerByHand> {
  const id = newId()
  await registerWorker(db, { ...WORKER, id }, 600_000)
  const claim = async (taskId: string, number = 1): Promise<string> => {
    const token = crypto.randomUUID()
    const ticket = { taskId, number, token }
    await waitFor(
      async () =>
        (await claimTickets(db, { workerId: id, types: WORKER.types, tickets: [ticket] })).length === 1,
      `the task ${taskId} to be claimed`,
    )
    return token
  }
  return {
    id,
    claim,
    async succeed(taskId, result) {
      const token = await claim(taskId)
      await finishSucceeded(db, [{ taskId, token, result: JSON.stringify(result) }])
    },
    async fail(taskId, { number = 1, error = { type: 'Error', message: 'it broke' } } = {}) {
      const token = await claim(taskId, number)
      const deadLetterId = newId()
      const decision = 'The attempt is used up.'
      const judged = { reason: 'attempts_exhausted', decision, outcome: 'failed', isCharged: true } as const
      await finishFailed(db, [{ deadLetterId, taskId, token, error, ...describeFault(error), ...judged }])
      return deadLetterId
    },
    async carry(taskId, number = 1) {
      const broker = {
        queue: 'redrive.v1.normal',
        exchange: 'redrive.tasks',
        routingKey: 'redrive.v1.normal',
        reason: 'rejected',
      }
      await openDeadLetters(db, [
        { taskId, number, broker: { ...broker, count: 1, time: '2026-03-01T09:30:00.000Z', headers: {} } },
      ])
    },
  }
}
