import type { BrokerDeath } from '../broker/index.ts'

/** Why a ticket came to the error queue without its task having failed, in words for the task's explanation. */
export function explainBystander({
  queue,
  reason,
  count,
}: Pick<BrokerDeath, 'queue' | 'reason' | 'count'>): string {
  const where = queue === null ? 'a queue' : `the queue ${queue}`
  const after = count !== null && count > 1 ? `, for the ${count}th time` : ''
  return `${causeOf(reason, where)}${after}. Nothing had happened to the task, so it goes to the broker again, uncharged.`
}

function causeOf(reason: string | null, where: string): string {
  switch (reason) {
    case 'delivery_limit':
      return `Its ticket was delivered from ${where} more often than RabbitMQ allows, because workers disappeared with it`
    case 'expired':
      return `Its ticket expired in ${where}, which has a time limit that Redrive did not set`
    case 'maxlen':
      return `Its ticket was pushed out of ${where}, which has a length limit that Redrive did not set`
    case 'rejected':
      return `Its ticket was rejected in ${where}`
    default:
      return 'Its ticket was found in the error queue'
  }
}
