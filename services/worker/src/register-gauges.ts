import type { Database } from '@redrive/shared/database'
import { registerGauge } from '@redrive/shared/runtime'
import type { Registry } from 'prom-client'
import type { Flow } from './create-flow.ts'

interface GaugesOptions {
  readonly registry: Registry
  readonly database: Database
  readonly flow: Flow
  readonly slots: number
}

/** What a scrape of this worker measures at that moment. */
export function registerGauges({ registry, database, flow, slots }: GaugesOptions): void {
  const { held, running, processes } = flow
  registerGauge({
    registry,
    name: 'redrive_running_attempts',
    measure: () => [{ labels: {}, value: running.size }],
  })
  registerGauge({ registry, name: 'redrive_worker_slots', measure: () => [{ labels: {}, value: slots }] })
  registerGauge({
    registry,
    name: 'redrive_attempt_processes',
    measure: () => [
      { labels: { state: 'running' }, value: processes.slots.taken },
      { labels: { state: 'waiting' }, value: processes.slots.waiting },
    ],
  })
  registerGauge({
    registry,
    name: 'redrive_held_tickets',
    measure: () => [
      { labels: { state: 'waiting' }, value: held.waitingCount },
      { labels: { state: 'taken' }, value: held.size - held.waitingCount },
    ],
  })
  registerGauge({
    registry,
    name: 'redrive_database_pool',
    measure: () => {
      const { total, idle, waiting } = database.poolCounts()
      return [
        { labels: { state: 'used' }, value: total - idle },
        { labels: { state: 'idle' }, value: idle },
        { labels: { state: 'waiting' }, value: waiting },
      ]
    },
  })
}
