import { BrokerError } from './broker-error.ts'

export interface TopologyDrift {
  readonly kind: 'exchange' | 'queue'
  readonly name: string
  /** The argument that differs, or null when the broker's words could not be read. */
  readonly argument: string | null
  readonly expected: string | null
  readonly found: string | null
}

/**
 * The broker has an object of ours with other arguments. Arguments cannot be changed on a living object, so
 * trying again cannot help: a process that sees this at start-up should print the message and end.
 */
export class TopologyDriftError extends BrokerError {
  readonly drift: TopologyDrift

  constructor(drift: TopologyDrift, options: ErrorOptions & { readonly brokerText: string }) {
    super('TOPOLOGY_DRIFT', explainDrift(drift, options.brokerText), { cause: options.cause })
    this.drift = drift
  }
}

function explainDrift(drift: TopologyDrift, brokerText: string): string {
  const object = `${drift.kind} "${drift.name}"`
  const difference =
    drift.argument === null
      ? `RabbitMQ says: ${brokerText}`
      : `argument "${drift.argument}": expected ${drift.expected ?? 'none'}, found ${drift.found ?? 'none'}.`
  return `RabbitMQ already has the ${object} with other arguments. ${difference} ${adviceFor(drift)}`
}

function adviceFor(drift: TopologyDrift): string {
  if (drift.kind === 'exchange') {
    return `Delete the exchange (rabbitmqadmin delete exchange name=${drift.name}) or give Redrive a virtual host of its own, then start again: exchange and bindings are declared anew.`
  }
  return `Stop every Redrive process, let the queue run empty or copy what is in it, delete it (rabbitmqctl delete_queue ${drift.name}) or give Redrive a virtual host of its own, then start again: the queue is declared anew, and tickets that were in it are published again from the ledger.`
}
