import { describe, expect, test } from '@jest/globals'
import { loadApiSettings } from './api-settings.ts'
import { loadDispatcherSettings } from './dispatcher-settings.ts'
import { type Environment, NAMES_IN_FILE } from './read-environment.ts'
import { SettingsError } from './settings-error.ts'
import { loadWorkerSettings } from './worker-settings.ts'

const STORES = { DATABASE_URL: 'postgres://u:p@db/redrive', AMQP_URL: 'amqp://u:p@one, amqps://u:p@two' }
const API = { ...STORES, ADMIN_API_KEY: 'k'.repeat(32) }

function problemsOf(
  load: (environment: Environment) => unknown,
  environment: Environment,
): readonly string[] {
  try {
    load(environment)
  } catch (error) {
    if (error instanceof SettingsError) return error.problems
    throw error
  }
  return []
}

describe('loading settings', () => {
  test('gives typed values with the defaults of the service', () => {
    expect(loadApiSettings(API)).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      metricsPort: 9101,
      databasePoolSize: 10,
    })
    expect(loadDispatcherSettings(STORES)).toMatchObject({ metricsPort: 9102, releaseGraceMs: 5000 })
    expect(loadWorkerSettings(STORES)).toMatchObject({
      metricsPort: 9103,
      workerLanes: ['high', 'normal', 'low'],
    })
  })

  test('splits lists at commas and drops doubles', () => {
    const settings = loadWorkerSettings({ ...STORES, WORKER_LANES: 'low, high,low,' })
    expect(settings.workerLanes).toEqual(['low', 'high'])
    expect(settings.amqpUrl).toEqual(['amqp://u:p@one', 'amqps://u:p@two'])
  })

  test('gives a frozen object with only the settings of the service', () => {
    const settings = loadDispatcherSettings({ ...API, WORKER_CONCURRENCY: '7' })
    expect(Object.isFrozen(settings)).toBe(true)
    expect(settings).not.toHaveProperty('adminApiKey')
    expect(settings).not.toHaveProperty('workerConcurrency')
  })

  test('takes an empty text as unset', () => {
    expect(loadWorkerSettings({ ...STORES, WORKER_CONCURRENCY: ' ', WORKER_HANDLERS: '' })).toMatchObject({
      workerConcurrency: 100,
      workerHandlers: undefined,
    })
  })

  test('lets the prefetch follow the concurrency', () => {
    expect(loadWorkerSettings({ ...STORES, WORKER_CONCURRENCY: '7' }).workerPrefetch).toBe(7)
  })

  test('reports all problems at once, each with name, expectation and value', () => {
    const environment = {
      DATABASE_URL: 'mysql://db',
      PORT: '70000',
      HOST: '::',
      LOG_LEVEL: 'loud',
      ADMIN_API_KEY: 'short',
    }
    expect(problemsOf(loadApiSettings, environment)).toEqual([
      'ADMIN_API_KEY: expected a text of at least 32 characters, got one of 5.',
      'AMQP_URL: expected an address that begins with amqp:// or amqps://, or several with commas, but it is not set.',
      'DATABASE_URL: expected an address that begins with postgres:// or postgresql://, got "mysql://db".',
      'LOG_LEVEL: expected one of fatal, error, warn, info, debug, trace, silent, got "loud".',
      'PORT: expected an integer from 0 to 65535, got "70000".',
    ])
  })

  test('shows neither a secret nor the password of an address', () => {
    const environment = {
      DATABASE_URL: 'mysql://u:hunter2@db',
      AMQP_URL: 'amqp://ok,http://u:hunter2@b',
      ADMIN_API_KEY: 'hunter2',
    }
    expect(problemsOf(loadApiSettings, environment).join(' ')).not.toContain('hunter2')
  })

  test('refuses fewer tickets than slots', () => {
    const environment = { ...STORES, WORKER_CONCURRENCY: '10', WORKER_PREFETCH: '9' }
    expect(problemsOf(loadWorkerSettings, environment)).toEqual([
      expect.stringMatching(/^WORKER_PREFETCH: .*\(10\), got 9/),
    ])
  })

  test('refuses an unknown lane and an unknown crash point', () => {
    expect(problemsOf(loadWorkerSettings, { ...STORES, WORKER_LANES: 'high,hgih' })).toHaveLength(1)
    expect(problemsOf(loadWorkerSettings, { ...STORES, CRASH_AT: 'claim.comitted' })).toHaveLength(1)
    expect(problemsOf(loadWorkerSettings, { ...STORES, CRASH_AT: 'claim.committed:0' })).toHaveLength(1)
    expect(problemsOf(loadWorkerSettings, { ...STORES, CRASH_AT: 'claim.committed:3' })).toEqual([])
  })

  test('refuses limits and pauses that contradict each other', () => {
    expect(
      problemsOf(loadApiSettings, { ...API, MAX_BULK_BYTES: '2048', MAX_TASK_BYTES: '4096' }),
    ).toHaveLength(1)
    expect(problemsOf(loadDispatcherSettings, { ...STORES, RELEASE_GRACE_MS: '50' })).toHaveLength(1)
  })
})

describe('a name that is no setting', () => {
  test('is answered with the one that was meant', () => {
    expect(problemsOf(loadWorkerSettings, { ...STORES, WORKER_CONCURENCY: '5' })).toEqual([
      'WORKER_CONCURENCY is not a setting. Did you mean WORKER_CONCURRENCY?',
    ])
  })

  test('is ignored in the environment when nothing says that it is ours', () => {
    const ofOthers = {
      PATH: '/bin',
      POST: '1',
      API_SERVICE_HOST: '10.0.0.1',
      DATABASE_PORT: '5432',
      WORKER_NODES: '3',
    }
    expect(problemsOf(loadApiSettings, { ...API, ...ofOthers })).toEqual([])
  })

  test('is refused in .env when it has a prefix of ours or is a slip away from a setting', () => {
    const inFile = { WORKER_THREADS: '5', POTR: '80', POSTGRES_PASSWORD: 'x' }
    const environment = { ...API, ...inFile, [NAMES_IN_FILE]: Object.keys(inFile) }
    expect(problemsOf(loadApiSettings, environment)).toEqual([
      expect.stringMatching(/^WORKER_THREADS, set in \.env, is not a setting\./),
      'POTR is not a setting. Did you mean PORT?',
    ])
  })
})
