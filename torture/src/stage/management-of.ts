import { manageBroker } from '@redrive/shared/testing'
import type { BrokerControl } from '../stage.ts'

/** Calls the management API of the first node that answers. */
export function managementOf(urls: readonly string[]): BrokerControl['manage'] {
  return async (method, path, body) => {
    const failures: unknown[] = []
    for (const url of urls) {
      try {
        return await manageBroker(new URL(url), { method, path, body })
      } catch (error) {
        failures.push(error)
      }
    }
    throw failures.length === 1 ? failures[0] : new AggregateError(failures, failures.join('; '))
  }
}
