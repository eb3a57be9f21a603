import type { BrokerDeath, Delivery } from '@redrive/shared/broker'
import {
  keepForeignMessages,
  openDeadLetters,
  readStandings,
  returnBystanders,
  type Executor,
  type ForeignMessage,
} from '@redrive/shared/database'
import { newId, type Events } from '@redrive/shared/runtime'
import { parseTicket, type ParsedTicket, standingKey, type Ticket } from '@redrive/shared/task'
import { describeForeign } from './describe-foreign.ts'
import { explainBystander } from './explain-bystander.ts'
import { sortErrorMessage, type SortedMessage } from '@redrive/shared/protocol'

export interface ErrorMessage {
  readonly delivery: Pick<Delivery, 'body' | 'messageId' | 'contentType'>
  readonly evidence: BrokerDeath
}

interface Sorted extends ErrorMessage {
  readonly parsed: ParsedTicket
  readonly verdict: SortedMessage
  readonly ledgerNumber: number | null
}

interface SortedTicket {
  readonly ticket: Ticket
  readonly evidence: BrokerDeath
  readonly ledgerNumber: number | null
}

/** A statement with the bytes of many large messages would take their sum several times over in memory. */
const MAX_BYTES_PER_STATEMENT = 16_777_216

/**
 * Writes what messages of the error queue mean: opens dead letters, returns bystanders, keeps foreign messages. Every
 * write is repeatable, by number, state or digest, so a batch that was half written is simply written again.
 */
export async function writeErrorBatch(
  db: Executor,
  messages: readonly ErrorMessage[],
  events: Events,
): Promise<void> {
  const sorted = await sortMessages(db, messages)
  await open(db, ticketsOf(sorted, ['open']), events)
  await giveBack(db, sorted, events)
  for (const part of partsBySize(foreignOf(sorted))) await keep(db, part, events)
  const voids = sorted.filter((message) => message.verdict.kind === 'void').length
  if (voids > 0) events.emit('ticket.void', { count: voids, reason: 'in the error queue' })
}

/** Keeps a message as foreign, whatever it is: the last resort for one that the ledger refuses in any other form. */
export async function keepUnsorted(db: Executor, message: ErrorMessage, events: Events): Promise<void> {
  const parsed = parseTicket(message.delivery.body)
  const reason = 'problem' in parsed ? parsed.problem : 'not_a_ticket'
  const detail = 'the ledger refused to store it in any other form'
  await keep(db, [describeForeign({ id: newId(), ...message, reason, detail })], events)
}

async function sortMessages(db: Executor, messages: readonly ErrorMessage[]): Promise<readonly Sorted[]> {
  const parsed = messages.map((message) => ({ ...message, parsed: parseTicket(message.delivery.body) }))
  const tickets = parsed.flatMap(({ parsed: one }) => ('ticket' in one ? [one.ticket] : []))
  const standings = await readStandings(db, distinct(tickets))
  return parsed.map((message) => {
    const standing =
      'ticket' in message.parsed ? (standings.get(standingKey(message.parsed.ticket)) ?? null) : null
    const verdict = sortErrorMessage(message.parsed, standing)
    return { ...message, verdict, ledgerNumber: standing?.number ?? null }
  })
}

/** The tickets of these kinds, equal ones once. */
function ticketsOf(
  sorted: readonly Sorted[],
  kinds: readonly SortedMessage['kind'][],
): readonly SortedTicket[] {
  const byKey = new Map<string, SortedTicket>()
  for (const { parsed, verdict, evidence, ledgerNumber } of sorted) {
    if (!('ticket' in parsed) || !kinds.includes(verdict.kind)) continue
    byKey.set(standingKey(parsed.ticket), { ticket: parsed.ticket, evidence, ledgerNumber })
  }
  return [...byKey.values()]
}

async function open(db: Executor, arrived: readonly SortedTicket[], events: Events): Promise<void> {
  if (arrived.length === 0) return
  const opened = await openDeadLetters(
    db,
    arrived.map(({ ticket, evidence }) => ({ ...ticket, broker: { ...evidence } })),
  )
  const queues = new Map(arrived.map(({ ticket, evidence }) => [ticket.taskId, evidence.queue ?? undefined]))
  for (const { id, taskId, reason } of opened) {
    events.emit('dead_letter.recorded', { deadLetterId: id, taskId, reason, queue: queues.get(taskId) })
  }
}

async function giveBack(db: Executor, sorted: readonly Sorted[], events: Events): Promise<void> {
  for (const { ticket, ledgerNumber } of ticketsOf(sorted, ['ledger_behind'])) {
    events.emit('ticket.ahead_of_ledger', { ...ticket, ledgerNumber: ledgerNumber ?? undefined })
  }
  const bystanders = highestOfEachTask(ticketsOf(sorted, ['bystander', 'ledger_behind']))
  if (bystanders.length === 0) return
  const wanted = bystanders.map(({ ticket, evidence }) => ({ ...ticket, reason: explainBystander(evidence) }))
  const returned = await returnBystanders(db, wanted)
  for (const { taskId, number, reason } of wanted) {
    if (returned.has(taskId)) events.emit('task.returned', { taskId, number, reason })
  }
}

/** Several numbers of one task would meet in the same row, and only the highest may decide its next number. */
function highestOfEachTask(tickets: readonly SortedTicket[]): readonly SortedTicket[] {
  const ascending = tickets.toSorted((a, b) => a.ticket.number - b.ticket.number)
  return [...new Map(ascending.map((one) => [one.ticket.taskId, one])).values()]
}

function foreignOf(sorted: readonly Sorted[]): readonly ForeignMessage[] {
  const byDigest = new Map<string, ForeignMessage>()
  for (const { verdict, delivery, evidence } of sorted) {
    if (verdict.kind !== 'foreign') continue
    const { reason, detail } = verdict
    const foreign = describeForeign({ id: newId(), delivery, evidence, reason, detail })
    byDigest.set(foreign.digest, foreign)
  }
  return [...byDigest.values()]
}

async function keep(db: Executor, messages: readonly ForeignMessage[], events: Events): Promise<void> {
  const kept = await keepForeignMessages(db, messages)
  for (const { id, digest, reason, error, broker } of messages) {
    if (!kept.has(digest)) continue
    const { queue, routingKey } = broker as { queue: string | null; routingKey: string | null }
    events.emit('dead_letter.foreign', {
      deadLetterId: id,
      reason,
      queue: queue ?? undefined,
      routingKey: routingKey ?? undefined,
      detail: error.message,
    })
  }
}

function partsBySize(messages: readonly ForeignMessage[]): readonly (readonly ForeignMessage[])[] {
  const parts: ForeignMessage[][] = []
  let bytes = Infinity
  for (const message of messages) {
    if (bytes + message.raw.length > MAX_BYTES_PER_STATEMENT) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(message)
    bytes += message.raw.length
  }
  return parts
}

function distinct(tickets: readonly Ticket[]): readonly Ticket[] {
  return [...new Map(tickets.map((ticket) => [standingKey(ticket), ticket])).values()]
}
