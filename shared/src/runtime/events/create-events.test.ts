import { expect, test } from '@jest/globals'
import { Registry } from 'prom-client'
import { createLogger } from '../create-logger.ts'
import { createEvents, type EmittedEvent } from './create-events.ts'
import { EVENTS, type EventFields } from './event-table.ts'
import { METRICS } from './metric-table.ts'
import { registerGauge } from './register-gauge.ts'

function openEvents(level = 'debug') {
  const lines: Record<string, unknown>[] = []
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  }
  const registry = new Registry()
  const events = createEvents({ logger: createLogger({ service: 'api', level, destination }), registry })
  return { events, lines, registry }
}

test('an event becomes a log line with its name, fields, service and version', () => {
  const { events, lines } = openEvents()
  events.emit('attempt.started', { taskId: 't', type: 'math.add', attempt: 2 })
  expect(lines).toEqual([
    expect.objectContaining({
      level: 'debug',
      event: 'attempt.started',
      taskId: 't',
      attempt: 2,
      service: 'api',
      version: expect.any(String),
      time: expect.stringMatching(/Z$/),
    }),
  ])
})

test('an event below the level is counted and not written', async () => {
  const { events, lines, registry } = openEvents('info')
  events.emit('task.accepted', { type: 'math.add', lane: 'normal', count: 10_000 })
  expect(lines).toEqual([])
  expect(await registry.metrics()).toContain('redrive_tasks_total{state="accepted",type="math.add"} 10000')
})

test('the end of an attempt counts for the attempt, its duration and its task', async () => {
  const { events, registry } = openEvents()
  events.emit('attempt.succeeded', { taskId: 't', type: 'math.add', attempt: 1, durationMs: 20 })
  const metrics = await registry.metrics()
  expect(metrics).toContain('redrive_attempts_total{outcome="succeeded",type="math.add"} 1')
  expect(metrics).toContain('redrive_attempt_duration_seconds_bucket{le="0.05",type="math.add"} 1')
  expect(metrics).toContain('redrive_tasks_total{state="succeeded",type="math.add"} 1')
})

test('an error is written with its stack and cause', () => {
  const { events, lines } = openEvents()
  events.emit('broker.lost', { name: 'publish', error: new Error('gone', { cause: new Error('reset') }) })
  expect(lines[0]).toMatchObject({
    error: { type: 'Error', message: expect.stringContaining('gone'), stack: expect.any(String) },
  })
})

test('secrets are blanked wherever settings, headers or options put them', () => {
  const lines: string[] = []
  const logger = createLogger({
    service: 'api',
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
  })
  logger.info({
    adminApiKey: 'hunter2',
    settings: { databaseUrl: 'hunter2' },
    headers: { authorization: 'hunter2' },
  })
  expect(lines.join('')).not.toContain('hunter2')
})

test('a subscriber hears events until it is removed', () => {
  const { events } = openEvents()
  const heard: EmittedEvent[] = []
  const remove = events.subscribe((event) => heard.push(event))
  events.emit('service.ready', {})
  remove()
  events.emit('service.ready', {})
  expect(heard).toEqual([{ name: 'service.ready', fields: {} }])
})

test('the fields of each event are typed from the table', () => {
  const complete: EventFields<'attempt.timed_out'> = {
    taskId: 't',
    type: 'math.add',
    attempt: 1,
    timeoutMs: 5,
  }
  // @ts-expect-error -- the attempt is a number
  const wrong: EventFields<'attempt.timed_out'> = { ...complete, attempt: '1' }
  // @ts-expect-error -- the timeout is missing
  const partial: EventFields<'attempt.timed_out'> = { taskId: 't', type: 'math.add', attempt: 1 }
  expect([complete, wrong, partial]).toHaveLength(3)
})

test('events and metrics have meanings that are sentences', () => {
  for (const { meaning } of [...Object.values(EVENTS), ...Object.values(METRICS)])
    expect(meaning).toMatch(/\.$/)
})

test('a gauge is measured for each scrape and has no value when that fails', async () => {
  const registry = new Registry()
  const readings = [5, 6]
  const measure = async () => {
    const value = readings.shift()
    if (value === undefined) throw new Error('database gone')
    return [{ labels: { queue: 'redrive.error' }, value }]
  }
  registerGauge({ registry, name: 'redrive_queue_messages', measure })
  expect(await registry.metrics()).toContain('redrive_queue_messages{queue="redrive.error"} 5')
  expect(await registry.metrics()).toContain('redrive_queue_messages{queue="redrive.error"} 6')
  expect(await registry.metrics()).not.toContain('redrive_queue_messages{')
})

test('a gauge without labels has no value either when it cannot be measured', async () => {
  const registry = new Registry()
  const measure = () => {
    throw new Error('no')
  }
  registerGauge({ registry, name: 'redrive_running_attempts', measure })
  expect(await registry.metrics()).not.toMatch(/^redrive_running_attempts/m)
})
