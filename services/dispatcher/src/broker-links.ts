import {
  BrokerConnection,
  ManagementClient,
  repairTopology,
  TicketPublisher,
  virtualHostOf,
  type ConnectionState,
  type NoteLost,
} from '@redrive/shared/broker'
import type { DispatcherSettings, Events, Logger } from '@redrive/shared/runtime'

/** Everything that reaches RabbitMQ. */
export interface BrokerLinks {
  readonly publishing: BrokerConnection
  /** Consumes, and asks: the publishing connection may be blocked when an answer is wanted. */
  readonly consuming: BrokerConnection
  readonly publisher: TicketPublisher
  readonly management: ManagementClient | null
  /** For whoever finds one of our objects missing. */
  readonly repair: () => Promise<void>
}

export interface BrokerLinkParts {
  readonly events: Events
  readonly logger: Logger
  /** Aborted when the connections are about to be closed, which is no loss. */
  readonly stopping: AbortSignal
  readonly noteLost: NoteLost
}

/** A full batch in flight, with the next one already on its way. */
const MAX_IN_FLIGHT = 2_048

/** Makes the links; nothing is opened before they are started. */
export function createBrokerLinks(
  settings: Pick<DispatcherSettings, 'amqpUrl' | 'amqpManagementUrl'>,
  { events, logger, stopping, noteLost }: BrokerLinkParts,
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
  const consuming = connect('consuming')
  const repair = async (): Promise<void> => {
    await repairTopology(consuming, noteLost)
  }
  return {
    publishing,
    consuming,
    repair,
    publisher: new TicketPublisher({
      connection: publishing,
      logger,
      maxInFlight: MAX_IN_FLIGHT,
      repairTopology: repair,
    }),
    management:
      amqpManagementUrl === undefined ? null : new ManagementClient({ urls: amqpManagementUrl, virtualHost }),
  }
}

function countLosses(name: string, events: Events, stopping: AbortSignal): (state: ConnectionState) => void {
  return (state) => {
    if (state === 'disconnected' && !stopping.aborted) events.emit('broker.lost', { name })
  }
}
