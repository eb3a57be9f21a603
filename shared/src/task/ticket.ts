/** The message that points at a task: void unless its number is the open row's. */
export interface Ticket {
  readonly taskId: string
  readonly number: number
}

export type ParsedTicket =
  | { readonly ticket: Ticket }
  | { readonly problem: 'not_json' | 'not_a_ticket'; readonly detail: string }

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const MAX_NUMBER = 2_147_483_647
// A ticket has about 80 bytes; what is much longer need not even be parsed.
const MAX_BYTES = 1_000

export function encodeTicket(ticket: Ticket): Buffer {
  return Buffer.from(`{"taskId":"${ticket.taskId}","number":${ticket.number}}`)
}

/** Unique per dispatch, so that a returned message is told apart from its earlier and later ones. */
export function ticketMessageId(ticket: Ticket): string {
  return `${ticket.taskId}.${ticket.number}`
}

/** Reads a message body as a ticket; anything else is described in words that an operator can act on. Never throws. */
export function parseTicket(body: Buffer): ParsedTicket {
  const parsed = parseJson(body)
  if ('problem' in parsed) return parsed
  const value = parsed.value
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return notATicket('expected an object with "taskId" and "number"')
  }
  const { taskId, number, ...rest } = value as Record<string, unknown>
  if (typeof taskId !== 'string' || !UUID.test(taskId))
    return notATicket('"taskId" is not a UUID in lower case')
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > MAX_NUMBER) {
    return notATicket('"number" is not a whole number from 1')
  }
  const unknown = Object.keys(rest)[0]
  if (unknown !== undefined) return notATicket(`unknown property ${JSON.stringify(unknown.slice(0, 100))}`)
  return { ticket: { taskId, number } }
}

function parseJson(
  body: Buffer,
): { value: unknown } | { problem: 'not_json' | 'not_a_ticket'; detail: string } {
  if (body.length > MAX_BYTES)
    return notATicket(`a body of ${body.length} bytes, where a ticket has less than ${MAX_BYTES}`)
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) }
  } catch (error) {
    return { problem: 'not_json', detail: error instanceof Error ? error.message : 'the body is not JSON' }
  }
}

function notATicket(detail: string): { problem: 'not_a_ticket'; detail: string } {
  return { problem: 'not_a_ticket', detail }
}
