import {
  BrokerConnection,
  EXCHANGE,
  inspectQueue,
  laneQueue,
  QueueConsumer,
  type Delivery,
} from '@redrive/shared/broker'
import {
  claimTickets,
  createDatabase,
  createSession,
  finishFailed,
  registerWorker,
  submitTasks,
  takeWorkerLock,
  type ClaimedAttempt,
  type Failure,
  type NewTask,
  type Session,
} from '@redrive/shared/database'
import { createLogger, MicroBatcher, newId } from '@redrive/shared/runtime'
import { DEFAULT_LANE, DEFAULT_TENANT_ID, type Lane, type Ticket } from '@redrive/shared/task'
import {
  createTestDatabase,
  createTestVhost,
  onCleanup,
  spawnService,
  type SpawnedService,
} from '@redrive/shared/testing'

const TYPE = 'math.add'

/** Short enough for a test, with the relations of the defaults. */
const SETTINGS = {
  LOG_LEVEL: 'debug',
  WORKER_LEASE_MS: '3000',
  RECONCILE_INTERVAL_MS: '500',
  RELEASE_GRACE_MS: '500',
  RELEASE_POLL_MS: '20',
  CARRIED_AFTER_MS: '600000',
}

export type DispatcherFixture = Awaited<ReturnType<typeof createDispatcherFixture>>

/** A ledger and a virtual host of its own, and the steps that clients, workers and operators take around a dispatcher. */
export async function createDispatcherFixture() {
  const { url } = await createTestDatabase()
  const vhost = await createTestVhost()
  const logger = createLogger({ service: 'test', level: 'silent' })
  const database = createDatabase({ url, poolSize: 5, statementTimeoutMs: 10_000, applicationName: 'test' })
  onCleanup(() => database.close())
  const connection = new BrokerConnection({ urls: [vhost.amqpUrl], name: 'test', logger })
  connection.start()
  onCleanup(() => connection.stop())
  const { db } = database
  const environment = {
    ...SETTINGS,
    DATABASE_URL: url,
    AMQP_URL: vhost.amqpUrl,
    AMQP_MANAGEMENT_URL: vhost.managementUrl,
  }
  return {
    db,
    vhost,
    url,
    connection,

    startDispatcher: async (changes: Record<string, string> = {}): Promise<SpawnedService> => {
      const spawned = spawnService({ service: 'dispatcher', env: { ...environment, ...changes } })
      await spawned.waitForReady()
      return spawned
    },
    spawnDispatcher: (changes: Record<string, string> = {}): SpawnedService =>
      spawnService({ service: 'dispatcher', env: { ...environment, ...changes } }),

    ...ledgerSteps(db, url),

    /** Takes every ticket of a lane, and acknowledges unless told otherwise. */
    consume(queue: string, settle: (delivery: Delivery) => void = (delivery) => void delivery.ack()) {
      const deliveries: Delivery[] = []
      const onDelivery = (delivery: Delivery): void => {
        deliveries.push(delivery)
        settle(delivery)
      }
      const consumer = new QueueConsumer({ connection, queue, prefetch: 1_000, logger, onDelivery })
      consumer.start()
      onCleanup(() => consumer.close())
      return { deliveries, close: () => consumer.close() }
    },
    readyIn: async (queue: string): Promise<number | undefined> =>
      (await inspectQueue(connection, queue))?.ready,

    /** Publishes as anybody with access to the broker could. */
    async publishStraight(
      body: Buffer | string,
      { exchange = EXCHANGE, routingKey = laneQueue(DEFAULT_LANE), properties = {} } = {},
    ): Promise<void> {
      await vhost.manage('POST', `/exchanges/${vhost.vhost}/${exchange}/publish`, {
        properties: { delivery_mode: 2, ...properties },
        routing_key: routingKey,
        payload: Buffer.from(body).toString('base64'),
        payload_encoding: 'base64',
      })
    },
    async deleteQueue(queue: string): Promise<void> {
      await vhost.manage('DELETE', `/queues/${vhost.vhost}/${queue}`)
    },
    async purgeQueue(queue: string): Promise<void> {
      await vhost.manage('DELETE', `/queues/${vhost.vhost}/${queue}/contents`)
    },
    async unbindQueue(queue: string): Promise<void> {
      await vhost.manage('DELETE', `/bindings/${vhost.vhost}/e/${EXCHANGE}/q/${queue}/${queue}`)
    },
  }
}

function ledgerSteps(db: ReturnType<typeof createDatabase>['db'], url: string) {
  return {
    async submit(changes: Partial<NewTask> = {}): Promise<string> {
      const task = newTask(changes)
      await submitTasks(db, [task])
      return task.id
    },
    async submitMany(count: number, changes: Partial<NewTask> = {}): Promise<readonly string[]> {
      const tasks = Array.from({ length: count }, () => newTask(changes))
      await submitTasks(db, tasks)
      return tasks.map((task) => task.id)
    },
    async startWorker({ leaseMs = 60_000, lanes = ['normal'] as Lane[] } = {}): Promise<{
      id: string
      session: Session
    }> {
      const id = newId()
      const session = createSession({
        url,
        applicationName: 'lease',
        statementTimeoutMs: 5_000,
        silentAfterMs: 600_000,
      })
      onCleanup(() => session.close().catch(() => undefined))
      await takeWorkerLock(session.db, id)
      const worker = { id, host: 'test-host', pid: 1, version: '0', lanes, types: [TYPE], concurrency: 10 }
      await registerWorker(session.db, worker, leaseMs)
      return { id, session }
    },
    /** Claims what is added, many at a time, as a worker does. */
    claimMany(workerId: string): MicroBatcher<Ticket, true> {
      return new MicroBatcher<Ticket, true>({
        maxSize: 500,
        run: async (added) => {
          const tickets = added.map((ticket) => ({ ...ticket, token: crypto.randomUUID() }))
          await claimTickets(db, { workerId, types: [TYPE], tickets })
          return added.map(() => true)
        },
      })
    },
    async claim(workerId: string, taskId: string, number = 1): Promise<ClaimedAttempt> {
      const tickets = [{ taskId, number, token: crypto.randomUUID() }]
      return (await claimTickets(db, { workerId, types: [TYPE], tickets }))[0]!
    },
    async fail(attempt: ClaimedAttempt, changes: Partial<Failure> = {}): Promise<string> {
      const deadLetterId = newId()
      await finishFailed(db, [
        {
          deadLetterId,
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
        },
      ])
      return deadLetterId
    },
    openRow: (id: string) =>
      db.selectFrom('open_tasks').selectAll().where('task_id', '=', id).executeTakeFirst(),
    attemptsOf: (id: string) =>
      db.selectFrom('attempts').selectAll().where('task_id', '=', id).orderBy('attempt').execute(),
    deadLetters: () => db.selectFrom('dead_letters').selectAll().orderBy('id').execute(),
    deadLetter: (id: string) =>
      db.selectFrom('dead_letters').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
  }
}

function newTask(changes: Partial<NewTask> = {}): NewTask {
  return {
    id: newId(),
    tenantId: DEFAULT_TENANT_ID,
    type: TYPE,
    lane: DEFAULT_LANE,
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

export function ticketOf(delivery: Delivery): Ticket {
  return JSON.parse(delivery.body.toString()) as Ticket
}
