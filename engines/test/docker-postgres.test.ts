import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { DockerPostgres } from '../src/docker-postgres.ts'

// There is no Docker engine where the tests run: a program of the same name notes what it was asked to do.
const PROGRAM = `#!/bin/sh
echo "$*" >> "$0.asked"
while [ $# -gt 0 ]; do [ "$1" = --env-file ] && cp "$2" "$0.environment"; shift; done
exit 0
`
const path = process.env['PATH']
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'redrive-docker-'))
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'docker'), PROGRAM)
  chmodSync(join(folder, 'docker'), 0o755)
  process.env['PATH'] = [folder, path].join(delimiter)
})

afterAll(() => {
  process.env['PATH'] = path
  rmSync(folder, { recursive: true })
})

test('a container is published on 127.0.0.1 only, and its password is in no argument and no file that stays', async () => {
  const abort = new AbortController()
  const options = { dataFolder: join(folder, 'data'), onProgress: () => {}, signal: abort.signal }
  const postgres = new DockerPostgres(options)
  const starting = postgres.start()
  abort.abort(new Error('enough'))
  await expect(starting).rejects.toThrow('enough')
  await postgres.stop()

  const asked = readFileSync(join(folder, 'docker.asked'), 'utf8').trimEnd().split('\n')
  const run = asked.find((line) => line.startsWith('run '))
  expect(run).toMatch(/ -p 127\.0\.0\.1:\d+:5432 .* postgres:18$/)
  const password = /PASSWORD=(.+)/.exec(readFileSync(join(folder, 'docker.environment'), 'utf8'))?.[1]
  expect(password).toMatch(/^[\w-]{32}$/)
  expect(asked.join('\n')).not.toContain(password)
  expect(readdirSync(join(folder, 'data'))).toEqual(['docker.json'])
  expect(asked.at(-1)).toMatch(/^rm -f redrive-postgres/)
})
