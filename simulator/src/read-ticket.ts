import { parseTicket, type Ticket } from '@redrive/shared/task'

const known = new Map<string, Ticket | null>()
/** Runs are short and have the same few tickets. */
const MAX_KNOWN = 10_000

/** A message as the services read it; null for what is no ticket. */
export function readTicket(body: string): Ticket | null {
  const before = known.get(body)
  if (before !== undefined) return before
  const parsed = parseTicket(Buffer.from(body))
  const ticket = 'ticket' in parsed ? parsed.ticket : null
  if (known.size > MAX_KNOWN) known.clear()
  known.set(body, ticket)
  return ticket
}
