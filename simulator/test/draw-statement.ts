import { DEFAULT_TENANT_ID } from '@redrive/shared/task'
import type { SimulatedName } from '../src/ledger/memory-ledger.ts'
import type { Tables } from '../src/ledger/tables.ts'

export const KINDS = [
  'pass',
  'setWorker',
  'cancelTask',
  'claimTickets',
  'claimTickets',
  'claimTickets',
  'closeDeadLetter',
  'countLaneTasks',
  'countOldConfirmed',
  'countPrefetchable',
  'expireTasks',
  'failUnhandled',
  'findConvicts',
  'findFinishedTokens',
  'findForgottenWorkers',
  'findGoneWorkers',
  'findSubmission',
  'finishFailed',
  'finishFailed',
  'finishSucceeded',
  'lockGoneWorker',
  'markConfirmed',
  'openDeadLetters',
  'openOverdueDeadLetters',
  'readStandings',
  'recallDeadLetter',
  'redriveDeadLetter',
  'redriveDeadLetter',
  'releaseUnseenTickets',
  'releaseUnseenTickets',
  'rescheduleAttempts',
  'rescueAttempts',
  'returnBystanders',
  'returnUnhandled',
  'submitTasks',
  'submitTasks',
  'submitTasksWithKey',
  'takeDueTickets',
] as const satisfies readonly (SimulatedName | 'pass' | 'setWorker')[]

/** One step of a sequence, with the numbers that its arguments are drawn by. */
export interface Step {
  readonly kind: (typeof KINDS)[number]
  readonly task: number
  readonly other: number
  readonly worker: number
  readonly draw: number
}

interface Drawing extends Step {
  readonly index: number
  readonly tables: Tables
}

export const LEASE_MS = 15_000
export const TASK_IDS = [1, 2, 3].map((number) => uuid(number))
export const WORKER_IDS = [0xf1, 0xf2].map((number) => uuid(number))
const TYPES = ['one', 'two']
const ERROR = { type: 'Error', message: 'it broke' }
const BY = { actor: 'someone', reason: null, tenantId: DEFAULT_TENANT_ID }
const STRANGER = uuid(0xabc)

function uuid(number: number): string {
  return `0190a0b0-0000-7000-8000-${number.toString(16).padStart(12, '0')}`
}

/** A statement whose arguments are right often enough, and else stale, early, foreign or made up. */
export function drawStatement(
  step: Step,
  { index, tables }: Pick<Drawing, 'index' | 'tables'>,
): { readonly statement: SimulatedName; readonly args: readonly unknown[] } {
  const { kind } = step
  if (kind === 'pass' || kind === 'setWorker') throw new Error(`${kind} is no statement`)
  return { statement: kind, args: argsOf(kind, { ...step, index, tables }) }
}

function argsOf(statement: SimulatedName, drawing: Drawing): readonly unknown[] {
  const { draw, worker, index } = drawing
  const workerId = WORKER_IDS[worker] ?? ''
  const limit = 1 + (draw % 3)
  const lane = draw % 4 === 0 ? 'low' : 'normal'
  switch (statement) {
    case 'submitTasks':
      return [[newTask(drawing)]]
    case 'submitTasksWithKey':
      return [[{ ...newTask(drawing), id: uuid(0x1000 + index) }], keyOf(draw)]
    case 'findSubmission':
      return [keyOf(draw)]
    case 'takeDueTickets':
      return [{ lane, limit, graceMs: 5_000 }]
    case 'claimTickets': {
      const tickets = ticketsOf(drawing).map((ticket) => ({
        ...ticket,
        token: tokenFor(ticket.taskId, drawing),
      }))
      return [{ workerId, types: draw % 7 === 0 ? ['two'] : TYPES, tickets }]
    }
    case 'markConfirmed':
    case 'readStandings':
      return [ticketsOf(drawing)]
    case 'openDeadLetters':
      return [ticketsOf(drawing).map((ticket) => ({ ...ticket, broker: {} }))]
    case 'returnBystanders':
      return [ticketsOf(drawing).map((ticket) => ({ ...ticket, reason: 'why' }))]
    case 'returnUnhandled':
      return [ticketsOf(drawing), { delayMs: 2_000, reason: 'why' }]
    case 'failUnhandled':
      // Nothing was attempted, so nothing is charged.
      return [
        ticketsOf(drawing).map((ticket) => ({
          ...failureOf(ticket.taskId, drawing),
          ...ticket,
          isCharged: false,
        })),
      ]
    case 'finishFailed':
      return [
        distinctIds(drawing).map((taskId) => ({
          ...failureOf(taskId, drawing),
          token: tokenOf(taskId, drawing),
        })),
      ]
    case 'finishSucceeded':
      return [
        distinctIds(drawing).map((taskId) => ({ taskId, token: tokenOf(taskId, drawing), result: '1' })),
      ]
    case 'rescheduleAttempts':
      return [distinctIds(drawing).map((taskId) => reschedulingOf(taskId, drawing))]
    case 'findFinishedTokens':
      return [distinctIds(drawing).map((taskId) => recordedOf(taskId, drawing))]
    default:
      return otherArgsOf(statement, drawing)
  }
}

/** Of the statements that name no ticket. */
function otherArgsOf(statement: SimulatedName, drawing: Drawing): readonly unknown[] {
  const { draw, worker, index, tables } = drawing
  const workerId = WORKER_IDS[worker] ?? ''
  const limit = 1 + (draw % 3)
  const lane = draw % 4 === 0 ? 'low' : 'normal'
  const letter = [...tables.letters.keys()].toSorted()[draw % Math.max(1, tables.letters.size)] ?? STRANGER
  switch (statement) {
    case 'rescueAttempts':
      return [{ workerId, maxLosses: 2, maxLossesBesideOthers: 3, decision: 'gone' }]
    case 'findConvicts':
      return [{ workerId, maxLosses: 2 }]
    case 'lockGoneWorker':
      return [workerId]
    case 'findGoneWorkers':
    case 'findForgottenWorkers':
      return []
    case 'countOldConfirmed':
      return [{ lane, olderThanMs: 4_000, longMs: 8_000, amongOldest: limit }]
    case 'countLaneTasks':
      return [null]
    case 'countPrefetchable':
      return [lane]
    case 'releaseUnseenTickets':
      return [{ lane, olderThanMs: 4_000, longMs: draw % 2 === 0 ? null : 8_000, limit }]
    case 'openOverdueDeadLetters':
      return [{ olderThanMs: 4_000, limit }]
    case 'expireTasks':
      return [{ limit: 10 }]
    case 'cancelTask':
      return [{ ...BY, ...tenantFor(draw), id: distinctIds(drawing)[0], auditId: uuid(0x9000 + index) }]
    case 'closeDeadLetter':
      return [
        {
          ...BY,
          ...tenantFor(draw),
          deadLetterId: letter,
          auditId: uuid(0x9000 + index),
          state: 'discarded',
        },
      ]
    case 'recallDeadLetter':
      return [{ ...BY, ...tenantFor(draw), deadLetterId: letter }]
    case 'redriveDeadLetter': {
      const attempts = draw % 3 === 0 ? 1 : null
      const order = {
        deadLetterId: letter,
        auditId: uuid(0x9000 + index),
        input: null,
        lane: draw % 4 === 0 ? 'low' : null,
        attempts,
      }
      return [{ ...BY, ...tenantFor(draw), ...order }]
    }
    default:
      throw new Error(`no arguments are drawn for ${statement}`)
  }
}

function recordedOf(taskId: string, { draw, tables }: Drawing) {
  const records = tables.attemptsOf(taskId)
  const record = records[draw % Math.max(1, records.length)]
  return {
    taskId,
    attempt: (record?.attempt ?? 1) + Number(draw % 5 === 0),
    token: record?.token ?? STRANGER,
  }
}

function newTask({ task, draw, tables }: Drawing) {
  return {
    id: TASK_IDS[task] ?? '',
    tenantId: DEFAULT_TENANT_ID,
    type: draw % 5 === 0 ? 'two' : 'one',
    lane: draw % 6 === 1 ? 'low' : 'normal',
    input: '{}',
    tags: [],
    runAt: null,
    delayMs: draw % 4 === 3 ? 10_000 : 0,
    attemptBudget: 2,
    timeoutMs: null,
    retry: null,
    // n.b. Instants of Postgres' own clock cannot be drawn here, so deadlines are long past or far ahead.
    expiresAt: draw % 9 === 4 ? new Date(0) : null,
    callbackUrl: null,
    user: null,
    takenForMs: draw % 2 === 0 || tables.tasks.size > 2 ? null : 3_000,
  }
}

function keyOf(draw: number) {
  return { tenantId: DEFAULT_TENANT_ID, route: 'tasks', key: `k${draw % 2}`, bodyHash: Buffer.from('body') }
}

function tenantFor(draw: number): { readonly tenantId?: string } {
  return draw % 13 === 12 ? { tenantId: STRANGER } : {}
}

function distinctIds({ task, other, draw }: Drawing): readonly string[] {
  const ids =
    draw % 11 === 10 ? [STRANGER, TASK_IDS[task] ?? ''] : [TASK_IDS[task] ?? '', TASK_IDS[other] ?? '']
  return [...new Set(ids)]
}

/** Mostly the current number, and else the one before or after it. */
function ticketsOf(drawing: Drawing) {
  const { draw, tables } = drawing
  const off = [0, 0, 0, 0, -1, 1][draw % 6] ?? 0
  return distinctIds(drawing).map((taskId) => {
    const number = tables.open.get(taskId)?.number ?? tables.lettersOf(taskId).at(-1)?.number ?? 1
    return { taskId, number: Math.max(1, number + off) }
  })
}

/** Mostly the one that runs, and else one that never did. */
function tokenOf(taskId: string, { draw, tables }: Drawing): string {
  const earlier = tables.attemptsOf(taskId).at(-1)?.token ?? STRANGER
  if (draw % 10 === 9) return earlier
  return tables.open.get(taskId)?.token ?? earlier
}

/** For a claim: mostly a new one, and else the very one that runs. */
function tokenFor(taskId: string, { draw, index, tables }: Drawing): string {
  const running = tables.open.get(taskId)?.token ?? null
  return running !== null && draw % 3 === 0
    ? running
    : uuid(0x10_0000 + index * 16 + TASK_IDS.indexOf(taskId) + 1)
}

function failureOf(taskId: string, { draw, index }: Drawing) {
  return {
    deadLetterId: uuid(0x20_0000 + index * 16 + TASK_IDS.indexOf(taskId) + 1),
    taskId,
    error: ERROR,
    fingerprint: 'abcdefabcdef',
    title: 'Error: it broke',
    reason: 'attempts_exhausted',
    decision: 'no more',
    outcome: draw % 2 === 0 ? 'failed' : 'lost',
    isCharged: draw % 2 === 0,
  }
}

function reschedulingOf(taskId: string, drawing: Drawing) {
  const { draw } = drawing
  const outcome = (['failed', 'timed_out', 'returned', 'run_later'] as const)[draw % 4]
  return {
    taskId,
    token: tokenOf(taskId, drawing),
    outcome,
    isCharged: draw % 4 < 2,
    delayMs: draw % 3 === 0 ? 5_000 : 0,
    error: null,
    decision: 'again',
    ...(draw % 5 === 0 && { isUntried: true }),
  }
}
