import type { AttemptEnd, WayToEnd } from '@redrive/shared/protocol'
import { DEFAULT_RETRY_POLICY, ticketMessageId } from '@redrive/shared/task'
import type { AnyFlow, Effect } from './effect.ts'
import type { Asked } from './perform.ts'
import type { Held, WorkerProcess } from './processes.ts'
import type { Performed } from './thread.ts'
import { Violation } from './violation.ts'
import type { World } from './world.ts'

type Named<Name extends Effect['do']> = Extract<Effect, { readonly do: Name }>
type WorkerEffect = Named<'begin' | 'end' | 'judge' | 'noteLate' | 'settle' | 'waitAgain'>

interface AskedByWorker extends Asked<WorkerEffect> {
  readonly process: WorkerProcess
}

const DONE = { answer: undefined } as const

/** Answers what only workers ask for. */
export function performInWorker(world: World, { process: worker, thread, effect }: AskedByWorker): Performed {
  switch (effect.do) {
    case 'begin':
      beginAttempt(world, worker, effect)
      return DONE
    case 'end':
      return { flow: endOne(world, effect) }
    case 'judge':
      beginJudging(world, worker, effect.tickets)
      return DONE
    case 'noteLate':
      lookAtLate(world, effect)
      return DONE
    case 'settle':
      if (thread.name === 'end') lookAtSettled(world, worker, effect.held)
      settle(world, worker, effect)
      return DONE
    case 'waitAgain':
      waitAgain(world, worker, effect)
      return DONE
  }
}

function beginAttempt(world: World, worker: WorkerProcess, { attempt: claimed, held }: Named<'begin'>): void {
  const { taskId, attempt, token, number } = claimed
  const what = `attempt ${attempt} of task ${Number(taskId.slice(-12))}`
  world.tell(() => `${worker.name} begins ${what}`)
  const isClaimed = world.tables.open.get(taskId)?.token === token
  const wasClaimed = world.tables.attemptsOf(taskId).some((row) => row.token === token)
  if (!isClaimed && !wasClaimed) throw new Violation('I2', `${what} began without a claim`)
  if (number !== held.ticket.number)
    throw new Violation('I2', `${what} began with a ticket of another number`)
  if (world.begun.has(what)) throw new Violation('I3', `${what} began twice`)
  world.begun.add(what)
  const { nowMs } = world
  const type = { retry: { ...DEFAULT_RETRY_POLICY, maxAttempts: 3 }, isolation: 'none' } as const
  worker.runs.add({ claimed, type, held, claimedAtMs: nowMs, startedAtMs: nowMs })
}

function beginJudging(world: World, worker: WorkerProcess, tickets: readonly Held[]): void {
  const handles = (type: string): boolean => worker.types.includes(type)
  const judging = { workerId: worker.id, host: 'h', handles, sources: world.sources }
  world.begin(worker, 'judge', world.protocol.settleUnclaimed(tickets, judging))
}

/** The flow says so when the ledger did; the attempt's own record has to say it too. */
function* endOne(world: World, { way, claimed, record }: Named<'end'>): AnyFlow {
  const end = { claimed, record } as AttemptEnd<WayToEnd>
  const [answer] = (yield* world.protocol.endTogether(way, [end]) as AnyFlow) as readonly unknown[]
  const { taskId, token } = claimed
  const wanted = 'outcome' in record ? record.outcome : 'succeeded'
  const outcome = world.tables.attemptsOf(taskId).find((row) => row.token === token)?.outcome
  if (answer === 'ended' && outcome !== wanted)
    throw new Violation(
      'I2',
      `an attempt of task ${Number(taskId.slice(-12))} ended as ${outcome ?? 'nothing'}, and its worker believes ${wanted}`,
    )
  return answer
}

function lookAtSettled(world: World, worker: WorkerProcess, { ticket }: Held): void {
  const row = world.tables.open.get(ticket.taskId)
  if (row?.number === ticket.number && row.workerId === worker.id)
    throw new Violation(
      'I1',
      `the ticket ${Number(ticket.taskId.slice(-12))}.${ticket.number} was settled before the end of its attempt was committed`,
    )
}

/** What was committed as this attempt's own end was not taken away. */
function lookAtLate(world: World, { claimed, outcome }: Named<'noteLate'>): void {
  const { taskId, token, attempt } = claimed
  const recorded = world.tables.attemptsOf(taskId).find((row) => row.token === token)?.outcome
  if (outcome.kind === 'succeeded' && recorded === 'succeeded')
    throw new Violation(
      'I2',
      `attempt ${attempt} of task ${Number(taskId.slice(-12))} succeeded, and its worker believes that it was taken away`,
    )
}

function settle(world: World, worker: WorkerProcess, { held, as }: Named<'settle'>): void {
  const key = ticketMessageId(held.ticket)
  if (worker.held.get(key) !== held) return
  world.tell(() => `${worker.name} settles the ticket ${key}: ${as}`)
  worker.held.delete(key)
  world.broker.settle(held.delivered, as)
}

function waitAgain(
  world: World,
  worker: WorkerProcess,
  { held, vainClaims, delayMs }: Named<'waitAgain'>,
): void {
  held.vainClaims = vainClaims
  if (held.delivered.isOpen) held.waitsUntil = world.nowMs + delayMs
  else settle(world, worker, { do: 'settle', held, as: 'giveBack' })
}
