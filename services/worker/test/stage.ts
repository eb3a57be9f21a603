import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { jest } from '@jest/globals'
import {
  assertTopology,
  BrokerConnection,
  inspectQueue,
  laneQueue,
  TicketPublisher,
} from '@redrive/shared/broker'
import { createDatabase, type Database, type NewTask, submitTasks } from '@redrive/shared/database'
import { createLogger, newId } from '@redrive/shared/runtime'
import {
  DEFAULT_TENANT_ID,
  encodeTicket,
  type Lane,
  type RetryPolicy,
  type Ticket,
  ticketMessageId,
} from '@redrive/shared/task'
import {
  createTestDatabase,
  createTestVhost,
  onCleanup,
  REPOSITORY_FOLDER,
  type SpawnedService,
  spawnService,
  waitFor,
} from '@redrive/shared/testing'

// The deadlines of the helpers say what was missing; Jest's own would only say that time is over.
jest.setTimeout(60_000)

export interface Submission {
  readonly type: string
  readonly input?: unknown
  readonly lane?: Lane
  readonly maxAttempts?: number
  readonly timeoutMs?: number
  readonly delayMs?: number
  readonly retry?: Partial<RetryPolicy>
  readonly expiresAt?: Date
}

/** A ledger and a virtual host of their own, with what api and dispatcher would do at hand: submit and publish. */
export class Stage {
  readonly databaseUrl: string
  readonly amqpUrl: string
  readonly database: Database
  readonly connection: BrokerConnection
  readonly #publisher: TicketPublisher

  constructor(databaseUrl: string, amqpUrl: string) {
    this.databaseUrl = databaseUrl
    this.amqpUrl = amqpUrl
    this.database = createDatabase({
      url: databaseUrl,
      poolSize: 2,
      statementTimeoutMs: 10_000,
      applicationName: 'test',
    })
    const logger = createLogger({ service: 'test', level: 'silent' })
    this.connection = new BrokerConnection({ urls: [amqpUrl], name: 'test', logger })
    this.#publisher = new TicketPublisher({ connection: this.connection, logger })
  }

  async open(): Promise<void> {
    this.connection.start()
    await assertTopology(this.connection)
    this.#publisher.start()
    await waitFor(() => this.#publisher.isReady, 'the publisher')
  }

  async close(): Promise<void> {
    await this.#publisher.stop()
    await this.connection.stop()
    await this.database.close()
  }

  startWorker(
    env: Readonly<Record<string, string>> = {},
    { isKept = false }: { readonly isKept?: boolean } = {},
  ): SpawnedService {
    return spawnService({
      isKept,
      service: 'worker',
      env: {
        DATABASE_URL: this.databaseUrl,
        AMQP_URL: this.amqpUrl,
        LOG_LEVEL: 'debug',
        WORKER_HANDLERS: join(REPOSITORY_FOLDER, 'services/worker/test/handlers'),
        WORKER_LEASE_MS: '3000',
        SHUTDOWN_GRACE_MS: '10000',
        ...env,
      },
    })
  }

  async startReadyWorker(env: Readonly<Record<string, string>> = {}): Promise<SpawnedService> {
    const worker = this.startWorker(env)
    await worker.waitForReady()
    return worker
  }

  /** Accepts tasks without publishing their tickets. */
  async submit(submissions: readonly Submission[]): Promise<readonly string[]> {
    const tasks = submissions.map((submission) => toTask(submission))
    await submitTasks(this.database.db, tasks)
    return tasks.map(({ id }) => id)
  }

  /** Accepts one task and publishes its ticket. */
  async submitAndRelease(submission: Submission): Promise<string> {
    const [taskId = ''] = await this.submit([submission])
    await this.release(taskId)
    return taskId
  }

  /** What the dispatcher does: sends the ticket with the current number. */
  async release(taskId: string): Promise<void> {
    const open = await this.openRow(taskId)
    await this.publish({ taskId, number: open.number }, open.lane as Lane)
  }

  async publish(ticket: Ticket, lane: Lane = 'normal'): Promise<void> {
    const outcome = await this.#publisher.publish({
      lane,
      body: encodeTicket(ticket),
      messageId: ticketMessageId(ticket),
    })
    if (outcome !== 'confirmed') throw new Error(`the ticket was ${outcome}`)
  }

  async publishRaw(body: string, lane: Lane = 'normal'): Promise<void> {
    await this.#publisher.publishRaw({ queue: laneQueue(lane), body: Buffer.from(body) })
  }

  async openRow(taskId: string) {
    return this.database.db
      .selectFrom('open_tasks')
      .selectAll()
      .where('task_id', '=', taskId)
      .executeTakeFirstOrThrow()
  }

  async findOpenRow(taskId: string) {
    return this.database.db
      .selectFrom('open_tasks')
      .selectAll()
      .where('task_id', '=', taskId)
      .executeTakeFirst()
  }

  async task(taskId: string) {
    return this.database.db.selectFrom('tasks').selectAll().where('id', '=', taskId).executeTakeFirstOrThrow()
  }

  async attempts(taskId: string) {
    return this.database.db
      .selectFrom('attempts')
      .selectAll()
      .where('task_id', '=', taskId)
      .orderBy('attempt')
      .execute()
  }

  async deadLetters(taskId: string) {
    return this.database.db.selectFrom('dead_letters').selectAll().where('task_id', '=', taskId).execute()
  }

  async ended(taskId: string, deadlineMs = 20_000) {
    return waitFor(
      async () => {
        const task = await this.task(taskId)
        return task.state === null ? null : task
      },
      `task ${taskId} to end`,
      { deadlineMs },
    )
  }

  async running(taskId: string) {
    return waitFor(async () => {
      const open = await this.openRow(taskId)
      return open.token === null ? null : open
    }, `task ${taskId} to run`)
  }

  /** Once the task waits again, without an attempt. */
  async returned(taskId: string, number: number) {
    return waitFor(async () => {
      const open = await this.openRow(taskId)
      return open.number === number && open.token === null ? open : null
    }, `task ${taskId} to have the number ${number}`)
  }

  async ready(queue: string): Promise<number> {
    return (await inspectQueue(this.connection, queue))?.ready ?? 0
  }

  async waitForReadyMessages(queue: string, count: number): Promise<void> {
    await waitFor(async () => (await this.ready(queue)) === count, `${count} messages in ${queue}`)
  }
}

export async function openStage(): Promise<Stage> {
  const [{ url }, { amqpUrl }] = await Promise.all([createTestDatabase(), createTestVhost()])
  const stage = new Stage(url, amqpUrl)
  onCleanup(() => stage.close())
  await stage.open()
  return stage
}

/** A folder outside the repository with these files, removed when the test file has ended. */
export function writeFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'redrive-handlers-'))
  onCleanup(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

function toTask({
  type,
  input = {},
  lane = 'normal',
  maxAttempts = 1,
  timeoutMs,
  delayMs = 0,
  retry,
  expiresAt,
}: Submission): NewTask {
  return {
    id: newId(),
    tenantId: DEFAULT_TENANT_ID,
    type,
    lane,
    input: JSON.stringify(input),
    tags: [],
    runAt: null,
    delayMs,
    attemptBudget: maxAttempts,
    timeoutMs: timeoutMs ?? null,
    takenForMs: null,
    retry: retry ?? null,
    expiresAt: expiresAt ?? null,
    callbackUrl: null,
    user: null,
  }
}
