import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import {
  loadApiSettings,
  loadDispatcherSettings,
  loadWorkerSettings,
  SERVICES,
  SETTINGS,
  type SettingDefinition,
} from '@redrive/shared/runtime'
import { REPOSITORY_FOLDER } from '@redrive/shared/testing'
import { parse } from 'yaml'
import {
  type ComposeService,
  environmentOf,
  readComposeFile,
  readRepositoryFile,
  variablesIn,
} from './compose-file.ts'
import { findComposeProblems } from './compose-schema.ts'
import { madeSecrets } from './made-secrets.ts'

const file = readComposeFile()
const services = Object.entries(file.services)
const ENGINES = ['postgres', 'rabbitmq'] as const
const definitions: readonly SettingDefinition[] = SETTINGS
const secrets = madeSecrets()

function service(name: string): ComposeService {
  const found = file.services[name]
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`)
  return found
}

function seconds(duration: string | undefined): number {
  const [, number, unit] = /^(\d+)(s|m)$/.exec(duration ?? '') ?? []
  return Number(number) * (unit === 'm' ? 60 : 1)
}

function bytes(size: string | undefined): number {
  const [, number, unit = ''] = /^(\d+)([a-z]*)$/i.exec(size ?? '') ?? []
  return Number(number) * ({ k: 1e3, m: 1e6, g: 1e9 }[unit.slice(0, 1).toLowerCase()] ?? Number.NaN)
}

describe('the compose specification', () => {
  test.each(['docker-compose.yml', 'deploy/rabbitmq/management.yml'])('%s keeps to it', (path) => {
    expect(findComposeProblems(readComposeFile(path))).toEqual([])
  })

  test('every compose file in the documentation keeps to it', () => {
    const examples = [...readRepositoryFile('docs/deployment.md').matchAll(/```yaml\n(.*?)```/gs)]
    expect(examples.length).toBeGreaterThan(0)
    for (const [, example = ''] of examples) expect(findComposeProblems(parse(example))).toEqual([])
  })

  test('a mistake is noticed', () => {
    expect(findComposeProblems({ services: { api: { imgae: 'x' } } })).toHaveLength(1)
    expect(findComposeProblems({ services: { api: { healthcheck: { test: [{ a: 1 }] } } } })).not.toEqual([])
  })
})

describe('secrets', () => {
  const variables = variablesIn(readRepositoryFile('docker-compose.yml'))

  test('are required, and the refusal names the command that makes them', () => {
    const secret = variables.filter(({ name }) => /PASS|KEY|SECRET|TOKEN/.test(name))
    expect(new Set(secret.map(({ name }) => name)).size).toBe(6)
    for (const { operator, operand } of secret) {
      expect(operator).toBe(':?')
      expect(operand).toContain('sh deploy/make-secrets.sh')
    }
  })

  test('are nowhere written in the file', () => {
    const entries = services.flatMap(([, { environment }]) => Object.entries(environment))
    const named = entries.filter(([name]) => /PASS|KEY|SECRET|TOKEN/.test(name))
    expect(named).toHaveLength(6)
    for (const [, value] of named) expect(value).toMatch(/^\$\{\w+:\?[^}]*\}$/)
    const addresses = entries.filter(([, value]) => value.includes('@'))
    expect(addresses).toHaveLength(9)
    for (const [, value] of addresses) expect(value).toMatch(/^[a-z]+:\/\/\w+:\$\{\w+:\?[^}]*\}@/)
  })

  test('of the migrator and of the superuser reach no service', () => {
    for (const name of SERVICES) {
      const used = variablesIn(JSON.stringify(service(name).environment)).map((variable) => variable.name)
      expect(used).not.toContain('POSTGRES_PASSWORD')
      expect(used).not.toContain('POSTGRES_MIGRATOR_PASSWORD')
    }
  })
})

describe('settings', () => {
  test.each(SERVICES)('of the %s have names that it knows', (name) => {
    const known = definitions.filter((setting) => setting.services.includes(name)).map((one) => one.name)
    expect(known).toEqual(expect.arrayContaining(Object.keys(service(name).environment)))
  })

  test('are accepted by the services with nothing but the secrets given', () => {
    const api = loadApiSettings(environmentOf(service('api'), secrets))
    const dispatcher = loadDispatcherSettings(environmentOf(service('dispatcher'), secrets))
    const worker = loadWorkerSettings(environmentOf(service('worker'), secrets))
    expect(api).toMatchObject({ host: '0.0.0.0', port: 3000, databasePoolSize: 10 })
    for (const { metricsHost } of [api, dispatcher, worker]) expect(metricsHost).toBe('0.0.0.0')
  })

  test('of the migration are its database and its log level', () => {
    expect(Object.keys(service('migrate').environment)).toEqual(['DATABASE_URL', 'LOG_LEVEL'])
  })

  test('in .env that only Compose reads are not taken for mistyped settings', () => {
    const names = variablesIn(readRepositoryFile('docker-compose.yml')).map(({ name }) => name)
    const ofCompose = names.filter((name) => !definitions.some((setting) => setting.name === name))
    for (const name of ofCompose) {
      expect(name).not.toMatch(/^(WORKER|API|RELEASE|RECONCILE|DATABASE|AMQP)_/)
    }
  })

  test('give a process less time to stop than its container has', () => {
    for (const name of SERVICES) {
      const { environment, stop_grace_period } = service(name)
      const graceMs = Number(environment['SHUTDOWN_GRACE_MS'])
      expect(graceMs).toBeGreaterThan(0)
      expect(seconds(stop_grace_period) * 1000).toBeGreaterThanOrEqual(graceMs + 5000)
    }
    for (const name of ENGINES) expect(seconds(service(name).stop_grace_period)).toBeGreaterThanOrEqual(60)
  })
})

describe('what a container may do', () => {
  test.each(services)('%s runs without privileges on a read-only file system', (_, container) => {
    expect(container.user).toMatch(/^(node|postgres|rabbitmq)$/)
    expect(container.read_only).toBe(true)
    expect(container.tmpfs).toContainEqual(expect.stringMatching(/^\/tmp:size=/))
    expect(container.cap_drop).toEqual(['ALL'])
    expect(container.cap_add).toBeUndefined()
    expect(container.privileged).toBeUndefined()
    expect(container.security_opt).toEqual(['no-new-privileges:true'])
  })

  test.each(services)('%s has limits of processor, memory, processes and log', (_, container) => {
    const { cpus, memory, pids } = container.deploy?.resources?.limits ?? {}
    expect(Number(cpus)).toBeGreaterThan(0)
    // More than the host has is refused by the engine, and two is the smallest host to be expected.
    expect(Number(cpus)).toBeLessThanOrEqual(2)
    expect(bytes(memory)).toBeGreaterThanOrEqual(128e6)
    expect(pids).toBeGreaterThanOrEqual(64)
    expect(container.logging).toEqual({
      driver: 'json-file',
      options: { 'max-size': '10m', 'max-file': '5' },
    })
  })

  test('only the api is reachable from outside, and only from this host unless asked for more', () => {
    const publishing = services.filter(([, { ports }]) => ports !== undefined)
    expect(publishing.map(([name]) => name)).toEqual(['api'])
    expect(service('api').ports).toEqual([expect.stringMatching(/^\$\{\w+:-127\.0\.0\.1\}:/)])
    expect(file.networks['engines']?.internal).toBe(true)
    for (const name of ENGINES) expect(service(name).networks).toEqual(['engines'])
  })

  test('there may be many workers', () => {
    expect(service('worker').container_name).toBeUndefined()
    expect(service('worker').hostname).toBeUndefined()
    expect(service('worker').ports).toBeUndefined()
    expect(service('worker').volumes).toBeUndefined()
  })
})

describe('the order of the start', () => {
  test('the schema comes before the services, and the database before the schema', () => {
    expect(service('migrate').depends_on).toEqual({ postgres: { condition: 'service_healthy' } })
    expect(service('migrate').restart).toBe('no')
    for (const name of SERVICES) {
      expect(service(name).depends_on?.['migrate']).toEqual({ condition: 'service_completed_successfully' })
      expect(service(name).restart).toBe('unless-stopped')
    }
  })

  test('a broker that is away keeps no service from starting', () => {
    for (const name of SERVICES)
      expect(service(name).depends_on?.['rabbitmq']?.condition).toBe('service_started')
  })

  test('every container but the one-shot migration tells its health', () => {
    const silent = services.filter(([, { healthcheck }]) => healthcheck === undefined)
    expect(silent.map(([name]) => name)).toEqual(['migrate'])
  })

  test('the image is built once, and nobody looks for it in a registry', () => {
    const building = services.filter(([, { build }]) => build !== undefined)
    expect(building.map(([name]) => name)).toEqual(['migrate'])
    for (const name of ['migrate', ...SERVICES]) {
      expect(service(name)).toMatchObject({ image: 'redrive:local', pull_policy: 'never' })
    }
  })
})

describe('the engines', () => {
  test('are pinned to versions without known harm, each named once', () => {
    expect(service('postgres').image).toMatch(/^postgres:18\.\d+-\w+$/)
    const [, minor, patch] =
      /^rabbitmq:4\.(\d+)\.(\d+)-management$/.exec(service('rabbitmq').image ?? '') ?? []
    expect(Number(minor) * 1000 + Number(patch)).toBeGreaterThanOrEqual(3005)
    const text = readRepositoryFile('docker-compose.yml')
    for (const name of ENGINES) expect(text.split(`image: ${name}:`)).toHaveLength(2)
  })

  test('keep their data in named volumes, where their images have it', () => {
    expect(service('postgres').volumes).toContain('postgres-data:/var/lib/postgresql')
    expect(service('rabbitmq').volumes).toContain('rabbitmq-data:/var/lib/rabbitmq')
    expect(Object.keys(file.volumes)).toEqual(['postgres-data', 'rabbitmq-data'])
  })

  test('get every file that is mounted from the repository, read-only', () => {
    const mounts = ENGINES.flatMap((name) => service(name).volumes ?? []).filter((one) =>
      one.startsWith('./'),
    )
    expect(mounts).toHaveLength(3)
    for (const mount of mounts) {
      const [from = '', , mode] = mount.split(':')
      expect(existsSync(join(REPOSITORY_FOLDER, from))).toBe(true)
      expect(mode).toBe('ro')
    }
  })

  test('RabbitMQ keeps its name, has file handles enough and a user of ours', () => {
    const rabbitmq = service('rabbitmq')
    expect(rabbitmq.hostname).toBe('rabbitmq')
    expect(rabbitmq.ulimits?.nofile).toEqual({ soft: 65_536, hard: 65_536 })
    expect(rabbitmq.environment['RABBITMQ_DEFAULT_USER']).toBe('redrive')
  })

  test('RabbitMQ holds publishers back well before its container is killed for its memory', () => {
    const settings = new Map(
      [...readRepositoryFile('deploy/rabbitmq/90-redrive.conf').matchAll(/^([\w.]+) = (\S+)$/gm)].map(
        ([, name = '', value = '']) => [name, value],
      ),
    )
    const watermark = bytes(settings.get('vm_memory_high_watermark.absolute'))
    const limit = bytes(service('rabbitmq').deploy?.resources?.limits?.memory)
    expect(watermark / limit).toBeGreaterThanOrEqual(0.4)
    expect(watermark / limit).toBeLessThanOrEqual(0.7)
    expect(bytes(settings.get('disk_free_limit.absolute'))).toBe(watermark)
    expect(settings.get('anonymous_login_user')).toBe('none')
    expect(settings.get('auth_mechanisms.1')).toBe('PLAIN')
  })

  test('RabbitMQ has its management and Prometheus plugins', () => {
    expect(readRepositoryFile('deploy/rabbitmq/enabled_plugins').trim()).toBe(
      '[rabbitmq_management,rabbitmq_prometheus].',
    )
  })

  test('Postgres takes the connections of at least ten processes', () => {
    const text = service('postgres').command?.find((part) => part.startsWith('max_connections='))
    // Its pool, two sessions for advisory locks, and a margin for people.
    expect(Number(text?.split('=')[1])).toBeGreaterThanOrEqual(10 * (10 + 2) + 10)
  })
})
