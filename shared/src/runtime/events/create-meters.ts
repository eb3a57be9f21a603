import { Counter, Histogram, type Registry } from 'prom-client'
import { METRICS, type MetricLabels, type MetricOfKind } from './metric-table.ts'

/** Redrive's own counters and histograms, by the names and labels of the metric table. */
export interface Meters {
  count<Name extends MetricOfKind<'counter'>>(name: Name, labels: MetricLabels<Name>, by?: number): void
  observe<Name extends MetricOfKind<'histogram'>>(name: Name, labels: MetricLabels<Name>, value: number): void
}

/** Registers every counter and histogram, so that a metric is there, at zero or empty, before it first counts. */
export function createMeters(registry: Registry): Meters {
  const counters = new Map<string, Counter>()
  const histograms = new Map<string, Histogram>()
  for (const [name, { meaning: help, ...definition }] of Object.entries(METRICS)) {
    const common = { name, help, labelNames: definition.labels, registers: [registry] }
    if (definition.kind === 'counter') counters.set(name, new Counter(common))
    if (definition.kind === 'histogram') {
      histograms.set(name, new Histogram({ ...common, buckets: [...definition.buckets] }))
    }
  }
  return {
    count: (name, labels, by = 1) => counters.get(name)?.inc(labels, by),
    observe: (name, labels, value) => histograms.get(name)?.observe(labels, value),
  }
}
