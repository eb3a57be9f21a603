import { BrokerError } from './broker-error.ts'

/** There is no usable connection now, or the broker did not answer in time. Worth trying again. */
export class BrokerUnavailableError extends BrokerError {
  constructor(message: string, options?: ErrorOptions) {
    super('BROKER_UNAVAILABLE', message, options)
  }
}
