import { createHash } from 'node:crypto'
import { laneQueue, plainText, type BrokerDeath } from '@redrive/shared/broker'
import type { ForeignMessage } from '@redrive/shared/database'
import { DEFAULT_TENANT_ID, describeError, describeFault, LANES, type Lane } from '@redrive/shared/task'
import type { ForeignFinding, ForeignReason } from '@redrive/shared/protocol'

/** The largest message that any version of RabbitMQ takes unless told otherwise: 128 MiB, before 4.0. */
const MAX_RAW_BYTES = 134_217_728

const WHAT: Readonly<Record<ForeignReason, string>> = {
  not_json: 'The message is not JSON',
  not_a_ticket: 'The message is JSON, but no ticket',
  unknown_task: 'The message is a ticket of a task that the ledger does not have',
}

/** Pure: the dead letter of a message that belongs to no task, with its bytes as they came. */
export function describeForeign({ id, delivery, evidence, reason, detail }: ForeignFinding): ForeignMessage {
  const message = `${WHAT[reason]}: ${detail}.`
  const error = describeError({ name: 'ForeignMessage', message })
  return {
    id,
    tenantId: DEFAULT_TENANT_ID,
    digest: digestOf(delivery, evidence),
    reason,
    decision: decisionOf(delivery.body, evidence),
    lane: laneOf(evidence.queue),
    error,
    ...describeFault(error),
    broker: { ...evidence },
    raw: delivery.body.subarray(0, MAX_RAW_BYTES),
    rawContentType: delivery.contentType === null ? null : plainText(delivery.contentType),
  }
}

function decisionOf(body: Buffer, { queue }: BrokerDeath): string {
  const origin =
    queue === null ? 'It was published straight to the error queue' : `It died in the queue ${queue}`
  const kept =
    body.length > MAX_RAW_BYTES
      ? `Its first ${MAX_RAW_BYTES} bytes of ${body.length} are kept.`
      : 'Its bytes are kept as they came.'
  return `${origin} and belongs to no task, so nothing was run. ${kept}`
}

function laneOf(queue: string | null): Lane | null {
  return LANES.find((lane) => laneQueue(lane) === queue) ?? null
}

/** The same for every delivery of the same message and death. Each part is preceded by its length, so that none runs into the next. */
function digestOf({ body, messageId }: ForeignFinding['delivery'], death: BrokerDeath): string {
  const { queue, reason, time, count } = death
  const parts = [
    body,
    ...[messageId, queue, reason, time, count].map((part) => Buffer.from(String(part ?? ''))),
  ]
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}:`).update(part)
  return hash.digest('hex')
}
