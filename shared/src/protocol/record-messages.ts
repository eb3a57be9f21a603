import type { BrokerDeath } from '../broker/index.ts'
import type { ForeignMessage } from '../database/index.ts'
import { parseTicket, type ParsedTicket, standingKey, type Ticket } from '../task/index.ts'
import { explainBystander } from './explain-bystander.ts'
import type { Flow } from './flow.ts'
import { type Acknowledge, ask, type Ask, emit, type Emit, reach, type Reach, type Sources } from './ports.ts'
import { type ForeignReason, sortErrorMessage, type SortedMessage } from './sort-error-message.ts'

/** A message of the error queue. */
export interface ErrorMessage {
  readonly delivery: {
    readonly body: Buffer
    readonly messageId: string | null
    readonly contentType: string | null
  }
  readonly evidence: BrokerDeath
}

export interface ForeignFinding extends ErrorMessage {
  /** Of the dead letter that it becomes. */
  readonly id: string
  readonly reason: ForeignReason
  readonly detail: string
}

export interface Recording {
  /** Puts a foreign message into words. */
  readonly describeForeign: (finding: ForeignFinding) => ForeignMessage
  readonly sources: Pick<Sources, 'newId'>
}

export type RecordEffect<Message> =
  | Acknowledge<Message>
  | Ask<'keepForeignMessages'>
  | Ask<'openDeadLetters'>
  | Ask<'readStandings'>
  | Ask<'returnBystanders'>
  | Emit
  | Reach

type WriteFlow = Flow<Exclude<RecordEffect<never>, Acknowledge<never>>, void>

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
 * Writes what messages of the error queue mean: opens dead letters, returns bystanders, keeps foreign messages; and then
 * acknowledges them all. None is ever rejected: the error queue is the end of the road. Every write is repeatable, by
 * number, state or digest, so a batch that was half written is simply recorded again.
 *
 * Crash windows: before the write, nothing is known and the message is delivered again; after it, the message is
 * delivered again too, and finds its dead letter open, its number void or its digest kept.
 */
export function* recordMessages<Message extends ErrorMessage>(
  messages: readonly Message[],
  recording: Recording,
): Flow<RecordEffect<Message>, void> {
  yield reach('record.received')
  const sorted = yield* sortMessages(messages)
  yield* open(ticketsOf(sorted, ['open']))
  yield* giveBack(sorted)
  for (const part of partsBySize(foreignOf(sorted, recording))) yield* keep(part)
  const voids = sorted.filter((message) => message.verdict.kind === 'void').length
  if (voids > 0) yield emit('ticket.void', { count: voids, reason: 'in the error queue' })
  yield reach('record.committed')
  for (const message of messages) yield { do: 'acknowledge', message }
}

/** Keeps a message as foreign, whatever it is: the last resort for one that the ledger refuses in any other form. */
export function* recordUnsorted<Message extends ErrorMessage>(
  message: Message,
  recording: Recording,
): Flow<RecordEffect<Message>, void> {
  const { delivery, evidence } = message
  const parsed = parseTicket(delivery.body)
  const reason = 'problem' in parsed ? parsed.problem : 'not_a_ticket'
  const detail = 'the ledger refused to store it in any other form'
  const id = recording.sources.newId()
  yield* keep([recording.describeForeign({ id, delivery, evidence, reason, detail })])
  yield { do: 'acknowledge', message }
}

function* sortMessages(messages: readonly ErrorMessage[]): Flow<Ask<'readStandings'>, readonly Sorted[]> {
  const parsed = messages.map(({ delivery, evidence }) => ({
    delivery,
    evidence,
    parsed: parseTicket(delivery.body),
  }))
  const tickets = parsed.flatMap(({ parsed: one }) => ('ticket' in one ? [one.ticket] : []))
  const standings = yield* ask('readStandings', distinct(tickets))
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

function* open(arrived: readonly SortedTicket[]): WriteFlow {
  if (arrived.length === 0) return
  const opened = yield* ask(
    'openDeadLetters',
    arrived.map(({ ticket, evidence }) => ({ ...ticket, broker: { ...evidence } })),
  )
  const queues = new Map(arrived.map(({ ticket, evidence }) => [ticket.taskId, evidence.queue ?? undefined]))
  for (const { id, taskId, reason } of opened) {
    yield emit('dead_letter.recorded', { deadLetterId: id, taskId, reason, queue: queues.get(taskId) })
  }
}

function* giveBack(sorted: readonly Sorted[]): WriteFlow {
  for (const { ticket, ledgerNumber } of ticketsOf(sorted, ['ledger_behind'])) {
    yield emit('ticket.ahead_of_ledger', { ...ticket, ledgerNumber: ledgerNumber ?? undefined })
  }
  const bystanders = highestOfEachTask(ticketsOf(sorted, ['bystander', 'ledger_behind']))
  if (bystanders.length === 0) return
  const wanted = bystanders.map(({ ticket, evidence }) => ({ ...ticket, reason: explainBystander(evidence) }))
  const returned = yield* ask('returnBystanders', wanted)
  for (const { taskId, number, reason } of wanted) {
    if (returned.has(taskId)) yield emit('task.returned', { taskId, number, reason })
  }
}

/** Several numbers of one task would meet in the same row, and only the highest may decide its next number. */
function highestOfEachTask(tickets: readonly SortedTicket[]): readonly SortedTicket[] {
  const ascending = tickets.toSorted((a, b) => a.ticket.number - b.ticket.number)
  return [...new Map(ascending.map((one) => [one.ticket.taskId, one])).values()]
}

function foreignOf(
  sorted: readonly Sorted[],
  { describeForeign, sources }: Recording,
): readonly ForeignMessage[] {
  const byDigest = new Map<string, ForeignMessage>()
  for (const { verdict, delivery, evidence } of sorted) {
    if (verdict.kind !== 'foreign') continue
    const { reason, detail } = verdict
    const foreign = describeForeign({ id: sources.newId(), delivery, evidence, reason, detail })
    byDigest.set(foreign.digest, foreign)
  }
  return [...byDigest.values()]
}

function* keep(messages: readonly ForeignMessage[]): WriteFlow {
  const kept = yield* ask('keepForeignMessages', messages)
  for (const { id, digest, reason, error, broker } of messages) {
    if (!kept.has(digest)) continue
    const { queue, routingKey } = broker as { queue: string | null; routingKey: string | null }
    yield emit('dead_letter.foreign', {
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
