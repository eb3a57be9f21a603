import type { Database } from '@redrive/shared/database'
import { type createMetrics, registerGauge } from '@redrive/shared/runtime'
import type { ApiParts } from './api-parts.ts'
import type { HttpServer } from './http/http-server.ts'
import { LOAD_KINDS } from './http/load-kind.ts'
import type { LoadWatch } from './http/load-watch.ts'

export interface Gauged {
  readonly poolCounts: Database['poolCounts']
  readonly connections: HttpServer['connections']
  readonly load: Pick<LoadWatch, 'level'>
  readonly parts: Pick<ApiParts, 'admission' | 'backlog' | 'settings'>
}

/** What of the api is measured when someone asks. */
export function registerGauges(registry: ReturnType<typeof createMetrics>, gauged: Gauged): void {
  const { poolCounts, connections, load, parts } = gauged
  registerGauge({
    registry,
    name: 'redrive_database_pool',
    measure: () => {
      const { total, idle, waiting } = poolCounts()
      return [
        { labels: { state: 'in_use' }, value: total - idle },
        { labels: { state: 'idle' }, value: idle },
        { labels: { state: 'waiting' }, value: waiting },
      ]
    },
  })
  registerGauge({
    registry,
    name: 'redrive_http_connections',
    measure: () => Object.entries(connections()).map(([state, value]) => ({ labels: { state }, value })),
  })
  registerGauge({
    registry,
    name: 'redrive_requests_in_progress',
    measure: () => LOAD_KINDS.map((kind) => ({ labels: { kind }, value: parts.admission.count(kind) })),
  })
  registerGauge({
    registry,
    name: 'redrive_backlog_tasks',
    measure: () => [
      { labels: { figure: 'open' }, value: parts.backlog.openInAll },
      { labels: { figure: 'limit' }, value: parts.settings.maxBacklog },
    ],
  })
  registerGauge({
    registry,
    name: 'redrive_shedding_level',
    measure: () => [{ labels: {}, value: load.level }],
  })
}
