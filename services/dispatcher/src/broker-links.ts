import {
  BrokerConnection,
  ManagementClient,
  TicketPublisher,
  virtualHostOf,
  type ConnectionState,
} from '@redrive/shared/broker'
import type { DispatcherSettings, Events, Logger } from '@redrive/shared/runtime'

/** Everything that reaches RabbitMQ. */
export interface BrokerLinks {
  readonly publishing: BrokerConnection
  /** Consumes, and asks: the publishing connection may be blocked when an answer is wanted. */
  readonly consuming: BrokerConnection
  readonly publisher: TicketPublisher
  readonly management: ManagementClient | null
}

export interface BrokerLinkParts {
  readonly events: Events
  readonly logger: Logger
  /** Aborted when the connections are about to be closed, which is no loss. */
  readonly stopping: AbortSignal
}

/** A full batch in flight, with the next one already on its way. */
const MAX_IN_FLIGHT = 2_048

/** Makes the links; nothing is opened before they are started. */
export function createBrokerLinks(
  settings: Pick<DispatcherSettings, 'amqpUrl' | 'amqpManagementUrl'>,
  { events, logger, stopping }: BrokerLinkParts,
): BrokerLinks {
  const connect = (purpose: string): BrokerConnection => {
    const name = `redrive-dispatcher ${purpose}`
    return new BrokerConnection({
      urls: settings.amqpUrl,
      name,
      logger,
      onState: countLosses(name, events, stopping),
    })
  }
  const publishing = connect('publishing')
  const { amqpManagementUrl } = settings
  const virtualHost = virtualHostOf(settings.amqpUrl[0] ?? '')
  return {
    publishing,
    consuming: connect('consuming'),
    publisher: new TicketPublisher({ connection: publishing, logger, maxInFlight: MAX_IN_FLIGHT }),
    management:
      amqpManagementUrl === undefined ? null : new ManagementClient({ urls: amqpManagementUrl, virtualHost }),
  }
}

function countLosses(name: string, events: Events, stopping: AbortSignal): (state: ConnectionState) => void {
  return (state) => {
    if (state === 'disconnected' && !stopping.aborted) events.emit('broker.lost', { name })
  }
}
