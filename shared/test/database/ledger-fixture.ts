import { createTestDatabase, onCleanup } from '@redrive/shared/testing'
import {
  claimTickets,
  type ClaimedAttempt,
  createDatabase,
  createSession,
  type Database,
  type Failure,
  findTask,
  finishFailed,
  type NewTask,
  registerWorker,
  type Session,
  submitTasks,
  takeWorkerLock,
} from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID } from '@redrive/shared/task'

const TYPE = 'math.add'

/** A ledger of its own for a test file, with the steps of a task's life as a test tells them. */
export async function createLedgerFixture() {
  const { url } = await createTestDatabase()
  const database = createDatabase({ url, poolSize: 8, statementTimeoutMs: 10_000, applicationName: 'test' })
  onCleanup(() => database.close())
  return { url, db: database.db, database, ...steps(database, url) }
}

export function newTask(changes: Partial<NewTask> = {}): NewTask {
  return {
    id: newId(),
    tenantId: DEFAULT_TENANT_ID,
    type: TYPE,
    lane: 'normal',
    input: '{"a":1,"b":2}',
    tags: [],
    runAt: null,
    delayMs: 0,
    attemptBudget: 5,
    timeoutMs: null,
    takenForMs: null,
    retry: null,
    expiresAt: null,
    callbackUrl: null,
    user: null,
    ...changes,
  }
}

export function failureOf(attempt: ClaimedAttempt, changes: Partial<Failure> = {}): Failure {
  return {
    deadLetterId: newId(),
    taskId: attempt.taskId,
    token: attempt.token,
    error: { type: 'Error', message: 'it broke' },
    fingerprint: 'abcdefabcdef',
    title: 'Error: it broke',
    reason: 'attempts_exhausted',
    decision: 'All attempts are used up.',
    outcome: 'failed',
    isCharged: true,
    ...changes,
  }
}

function steps({ db }: Database, url: string) {
  return {
    async submit(changes: Partial<NewTask> = {}): Promise<string> {
      const task = newTask(changes)
      await submitTasks(db, [task])
      return task.id
    },
    async startWorker(leaseMs = 60_000): Promise<{ id: string; session: Session }> {
      const id = newId()
      const session = createSession({
        url,
        applicationName: 'lease',
        statementTimeoutMs: 5_000,
        silentAfterMs: 600_000,
      })
      onCleanup(() => session.close())
      await takeWorkerLock(session.db, id)
      const worker = {
        id,
        host: 'test',
        pid: 1,
        version: '0',
        lanes: ['normal'],
        types: [TYPE],
        concurrency: 10,
      }
      await registerWorker(session.db, worker, leaseMs)
      return { id, session }
    },
    async claim(workerId: string, taskId: string, number = 1): Promise<ClaimedAttempt | undefined> {
      const tickets = [{ taskId, number, token: crypto.randomUUID() }]
      return (await claimTickets(db, { workerId, types: [TYPE], tickets }))[0]
    },
    async fail(attempt: ClaimedAttempt): Promise<string> {
      const failure = failureOf(attempt)
      await finishFailed(db, [failure])
      return failure.deadLetterId
    },
    async stateOf(id: string) {
      return (await findTask(db, { tenantId: DEFAULT_TENANT_ID, id }))?.state
    },
    openRow(id: string) {
      return db.selectFrom('open_tasks').selectAll().where('task_id', '=', id).executeTakeFirst()
    },
  }
}
