import { type LiveFigures, noteOutcome, runFlowNow } from '@redrive/shared/protocol'
import { encodeTicket, type Lane, type Ticket, ticketMessageId } from '@redrive/shared/task'
import type { Effect } from './effect.ts'
import type { SimulatedName } from './ledger/memory-ledger.ts'
import { seemsGone } from './ledger/rescue.ts'
import { performInWorker } from './perform-in-worker.ts'
import type { Process } from './processes.ts'
import { show } from './show.ts'
import { type Performed, StoreError, type Thread } from './thread.ts'
import { Violation } from './violation.ts'
import type { World } from './world.ts'

export interface Asked<Wanted extends Effect = Effect> {
  readonly process: Process
  readonly thread: Thread
  readonly effect: Wanted
}

type Ask = Extract<Effect, { readonly do: 'ask' }>
type Outcome = 'confirmed' | 'returned' | 'unknown'

const LOOKS = [
  'countLaneTasks',
  'countOldConfirmed',
  'countPrefetchable',
  'expireTasks',
  'findConvicts',
  'findForgottenWorkers',
  'openOverdueDeadLetters',
  'releaseUnseenTickets',
  'rescueAttempts',
  'takeDueTickets',
]
const DONE = { answer: undefined } as const
/** An api answers its client 503 then, a dispatcher goes on with something else; workers and the recorder never give up. */
const GIVES_UP_AFTER = 3

/** Answers one effect of a flow, as the stores and the process would, on a good or on a bad day. */
export function perform(world: World, asked: Asked): Performed {
  const { process, effect } = asked
  switch (effect.do) {
    case 'ask':
      return ask(world, { ...asked, effect })
    case 'inTransaction':
      return transact(world, { ...asked, effect })
    case 'readGeneration':
      return { answer: generationOf(process) }
    case 'publish':
      return { answer: publishAll(world, effect.lane, effect.tickets) }
    case 'send': {
      const outcome = publishOne(world, effect.lane, effect.ticket)
      world.begin(process, 'outcome', noteOutcome(effect, outcome))
      return DONE
    }
    case 'markLater':
      if (process.kind === 'api') process.marks.push(effect.ticket)
      return DONE
    case 'inBackground':
      world.begin(process, 'background', effect.begin())
      return DONE
    case 'acknowledge':
      world.broker.settle(effect.message.delivered, 'ack')
      return DONE
    case 'emit':
    case 'noteRepair':
    case 'noteReturned':
      return DONE
    case 'inspectLane':
      return { answer: inspectLane(world, effect.lane) }
    case 'reach':
      return DONE
    default:
      if (process.kind !== 'worker') throw new Error(`only workers ${effect.do}`)
      return performInWorker(world, { ...asked, process, effect })
  }
}

/** n.b. A statement that failed may have been committed all the same. */
function ask(world: World, { process, thread, effect }: Asked<Ask>): Performed {
  if (world.meets('refuse'))
    return fail(world, `${process.name}: ${effect.statement} is undone`, { process, thread })
  const answer = applyStatement(world, process, effect)
  if (!world.meets('loseAnswer')) return { answer }
  return fail(world, `${process.name}: ${effect.statement} is committed, and its answer lost`, {
    process,
    thread,
  })
}

function fail(world: World, what: string, { process, thread }: Pick<Asked, 'process' | 'thread'>): Performed {
  world.tell(() => what)
  const isPatient = process.kind === 'worker' || thread.name === 'record'
  const isRepeated = isPatient || (process.kind === 'api' && thread.vainAsks < GIVES_UP_AFTER)
  return isRepeated ? 'again' : { error: new StoreError(what) }
}

export function applyStatement(world: World, process: Process, { statement, args }: Ask): unknown {
  const run = world.ledger[statement as SimulatedName] as
    | ((...all: readonly unknown[]) => unknown)
    | undefined
  if (run === undefined) throw new Error(`the simulated ledger has no ${statement}`)
  if (statement === 'rescueAttempts') lookAtRescued(world, (args[0] as { workerId: string }).workerId)
  const answer = run(...args)
  if (!isIdle(statement, answer))
    world.tell(() => `${process.name}: ${statement} ${show(args)} → ${show(answer)}`)
  if (statement === 'markConfirmed') lookAtConfirmed(world, args[0] as readonly Ticket[])
  world.watch.look(statement)
  return answer
}

/** Loops ask and mostly hear that there is nothing: what changed nothing is left out of the history. */
function isIdle(statement: string, answer: unknown): boolean {
  if (statement === 'findGoneWorkers') return (answer as { gone: readonly unknown[] }).gone.length === 0
  if (!LOOKS.includes(statement)) return false
  return answer === 0 || (Array.isArray(answer) && answer.length === 0)
}

function transact(
  world: World,
  { process, effect }: Asked<Extract<Effect, { readonly do: 'inTransaction' }>>,
): Performed {
  if (world.meets('refuse')) return { error: new StoreError('the transaction was undone') }
  const answer = runFlowNow(effect.begin(), (inner) =>
    inner.do === 'ask' ? applyStatement(world, process, inner) : generationOf(process),
  )
  if (!world.meets('loseAnswer')) return { answer }
  world.tell(() => `${process.name}: the transaction is committed, and its answer lost`)
  return { error: new StoreError('the answer to the commit was lost') }
}

/** The management plugin need not be there. */
function inspectLane({ broker, random, areFaultsOn }: World, lane: Lane): LiveFigures {
  const isTold = !areFaultsOn || random.chance(0.5)
  return { ready: broker.ready(lane).length, unacknowledged: isTold ? broker.unacknowledged(lane) : null }
}

function generationOf(process: Process): number {
  return process.kind === 'dispatcher' ? process.generation : 1
}

function publishAll(
  world: World,
  lane: Lane,
  tickets: readonly Ticket[],
): Readonly<Record<Outcome, readonly Ticket[]>> {
  const by: Record<Outcome, Ticket[]> = { confirmed: [], returned: [], unknown: [] }
  for (const ticket of tickets) by[publishOne(world, lane, ticket)].push(ticket)
  return by
}

function publishOne(world: World, lane: Lane, ticket: Ticket): Outcome {
  const key = ticketMessageId(ticket)
  if (!world.tables.tasks.has(ticket.taskId))
    throw new Violation(
      'I1',
      `the ticket ${Number(ticket.taskId.slice(-12))}.${ticket.number} was sent before its task was committed`,
    )
  world.published.add(key)
  const outcome = carry(world, lane, ticket)
  world.tell(() => `the broker takes the ticket ${key} to ${lane}: ${outcome}`)
  return outcome
}

function carry(world: World, lane: Lane, ticket: Ticket): Outcome {
  if (world.meets('returned')) return 'returned'
  if (world.meets('swallow')) return 'unknown'
  const body = encodeTicket(ticket).toString()
  if (world.meets('dropConfirmed'))
    world.tell(() => `the broker loses the next ticket although it confirms it`)
  else world.broker.add(lane, body)
  if (world.meets('duplicate')) world.broker.add(lane, body)
  return world.meets('unconfirmed') ? 'unknown' : 'confirmed'
}

function lookAtConfirmed({ tables, published }: World, tickets: readonly Ticket[]): void {
  for (const { taskId } of tickets) {
    const row = tables.open.get(taskId)
    if (row !== undefined && row.confirmedAt !== null && !published.has(ticketMessageId(row)))
      throw new Violation(
        'I1',
        `task ${Number(taskId.slice(-12))} counts as sent under number ${row.number}, which never was`,
      )
  }
}

/** One whose lock is free or whose lease is over may be given up, whatever it does. */
function lookAtRescued({ tables }: World, workerId: string): void {
  const row = tables.workers.get(workerId)
  const isGone = row === undefined || ['lost', 'stopped'].includes(row.state) || seemsGone(row, tables.nowMs)
  if (!isGone)
    throw new Violation(
      'I3',
      `attempts of worker ${Number(workerId.slice(-12))}, which is alive, are taken away`,
    )
}
