import { expect, test } from '@jest/globals'
import type { Lane } from '../../task/index.ts'
import { loadWorkerSettings, type WorkerSettings } from './worker-settings.ts'

test('a setting has the type that its definition implies', () => {
  const settings: WorkerSettings = loadWorkerSettings({
    DATABASE_URL: 'postgres://db',
    AMQP_URL: 'amqp://broker',
  })
  const lanes: readonly Lane[] = settings.workerLanes
  const prefetch: number = settings.workerPrefetch
  // @ts-expect-error -- a setting without default may be missing
  const handlers: string = settings.workerHandlers
  // @ts-expect-error -- the port of the api is not the worker's
  const port: unknown = settings.port
  expect([lanes.length, prefetch, handlers, port]).toEqual([3, 100, undefined, undefined])
})
