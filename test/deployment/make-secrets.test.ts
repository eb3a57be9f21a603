import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { parseEnv } from 'node:util'
import { readWebhookKeys } from '@redrive/shared/task'
import { REPOSITORY_FOLDER } from '@redrive/shared/testing'
import { readRepositoryFile, variablesIn } from './compose-file.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'redrive-secrets-'))
  mkdirSync(join(folder, 'deploy'))
  copyFileSync(join(REPOSITORY_FOLDER, 'deploy/make-secrets.sh'), join(folder, 'deploy/make-secrets.sh'))
})

afterEach(() => rmSync(folder, { recursive: true }))

// From another folder, as a person may.
function makeSecrets(): string {
  return execFileSync('sh', [join(folder, 'deploy/make-secrets.sh')], { cwd: tmpdir(), encoding: 'utf8' })
}

function secretsIn(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^(\w+)=(.+)$/gm)].map(([, name = '', value = '']) => [name, value]),
  )
}

function written(): string {
  return readFileSync(join(folder, '.env'), 'utf8')
}

test('one command writes every secret that the compose file requires, random and for its owner only', () => {
  makeSecrets()
  const required = variablesIn(readRepositoryFile('docker-compose.yml')).filter(
    ({ operator }) => operator === ':?',
  )
  const secrets = secretsIn(written())
  expect(Object.keys(secrets).toSorted()).toEqual([...new Set(required.map(({ name }) => name))].toSorted())
  for (const secret of Object.values(secrets)) expect(secret).toMatch(/^(whsec_)?[0-9a-f]{64}$/)
  expect(new Set(Object.values(secrets)).size).toBe(6)
  expect(readWebhookKeys(secrets['WEBHOOK_SECRET'] ?? '')).toHaveLength(1)
  expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder).toSorted()).toEqual(['.env', 'deploy'])
})

test('a second run changes nothing', () => {
  makeSecrets()
  const first = written()
  expect(makeSecrets()).toContain('nothing was changed')
  expect(written()).toBe(first)
})

test('what a person wrote stays, and what was left empty is filled', () => {
  const before = `PORT=3001\nADMIN_API_KEY=\nRABBITMQ_PASSWORD="my own"\nexport POSTGRES_PASSWORD='mine'\n# POSTGRES_APP_PASSWORD=old`
  writeFileSync(join(folder, '.env'), before, { mode: 0o644 })
  expect(makeSecrets()).toContain(
    'ADMIN_API_KEY POSTGRES_APP_PASSWORD POSTGRES_MIGRATOR_PASSWORD WEBHOOK_SECRET\n',
  )
  expect(written().startsWith(`${before}\n`)).toBe(true)
  expect(parseEnv(written())).toMatchObject({
    PORT: '3001',
    RABBITMQ_PASSWORD: 'my own',
    POSTGRES_PASSWORD: 'mine',
    ADMIN_API_KEY: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600)
})
