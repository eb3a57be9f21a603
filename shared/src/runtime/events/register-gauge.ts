import { Gauge, type Registry } from 'prom-client'
import { METRICS, type MetricLabels, type MetricOfKind } from './metric-table.ts'

export interface GaugeReading<Name extends MetricOfKind<'gauge'>> {
  readonly labels: MetricLabels<Name>
  readonly value: number
}

export interface GaugeOptions<Name extends MetricOfKind<'gauge'>> {
  readonly registry: Registry
  readonly name: Name
  /** Called for each scrape. Should answer within a second or so: the scrape waits for it. */
  measure(): readonly GaugeReading<Name>[] | Promise<readonly GaugeReading<Name>[]>
}

/**
 * Registers a gauge that is measured when `/metrics` is asked. A measurement that fails leaves the gauge without
 * values for that scrape: a missing series is seen and alerted on, an old figure would be believed.
 */
export function registerGauge<Name extends MetricOfKind<'gauge'>>(options: GaugeOptions<Name>): void {
  const { name, registry } = options
  const { labels: labelNames, meaning: help } = METRICS[name]
  const gauge = new Gauge<string>({ name, help, labelNames, registers: [registry], collect })

  async function collect(): Promise<void> {
    // The failure is not worth more than the gap: whoever is measured logs its own trouble.
    const readings = await measure(options).catch(() => [])
    gauge.reset()
    // n.b. reset sets a gauge without labels to zero, which would be a reading.
    if (labelNames.length === 0) gauge.remove()
    for (const { labels, value } of readings) gauge.set(labels, value)
  }
}

async function measure<Name extends MetricOfKind<'gauge'>>(
  options: GaugeOptions<Name>,
): Promise<readonly GaugeReading<Name>[]> {
  return options.measure()
}
