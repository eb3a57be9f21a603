import { collectDefaultMetrics, Registry } from 'prom-client'
import { version } from './version.ts'

/**
 * A registry with the usual metrics of a Node process (memory, CPU, garbage collection, event loop delay), each series
 * with the service's name and version. One per process: the default metrics observe the process until it ends.
 */
export function createMetrics(service: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ service, version })
  collectDefaultMetrics({ register: registry })
  return registry
}
