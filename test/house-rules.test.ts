import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { expect, test } from '@jest/globals'
import { REPOSITORY_FOLDER } from '@redrive/shared/testing'

const files = (pattern: string): string[] =>
  globSync(pattern, {
    cwd: REPOSITORY_FOLDER,
    exclude: (path) => /node_modules|dist|\.redrive/.test(String(path)),
  })
const read = (file: string): string => readFileSync(join(REPOSITORY_FOLDER, file), 'utf8')
const sources = files('{shared,migrations,engines,services/*}/src/**/*.ts')
const tests = files('{shared,migrations,engines,services,test}/**/*.test.ts')

test('no file has a name that says nothing', () => {
  const empty = /^(utils?|helpers?|common|misc|manager|service|base|types?)\.\w+$/
  expect(sources.filter((file) => empty.test(basename(file)))).toEqual([])
})

test('tests state promises', () => {
  expect(tests.filter((file) => /\b(test|it)\(\s*['"`].*\bshould\b/.test(read(file)))).toEqual([])
})

test('tests wait for conditions, never for time', () => {
  const timers = /setTimeout\(|from 'node:timers\/promises'/
  expect(tests.filter((file) => timers.test(read(file)))).toEqual([])
})

test('every link of the documents leads to a file', () => {
  const broken = files('{*.md,docs/**/*.md}').flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map(([, target]) => target ?? '')
      .filter((target) => !existsSync(join(REPOSITORY_FOLDER, dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  )
  expect(broken).toEqual([])
})

test('every file that the documents name exists', () => {
  const named = /`((?:services|shared|migrations|engines|test|examples|deploy|docs)\/[\w./-]+\.\w+)`/g
  const missing = files('{*.md,docs/**/*.md}').flatMap((page) =>
    [...read(page).matchAll(named)]
      .map(([, target]) => target ?? '')
      .filter((target) => !existsSync(join(REPOSITORY_FOLDER, target)))
      .map((target) => `${page}: ${target}`),
  )
  expect(missing).toEqual([])
})

test.each([
  ['shared/src/task', 'kysely'],
  ['shared/src/task', '../database/index.ts'],
  ['shared/src/database', '../broker/index.ts'],
  ['shared/src/broker', '../database/index.ts'],
  ['services/api/src', 'amqplib'],
  ['services/api/src', '@redrive/worker'],
  ['services/worker/src', 'pg'],
])('lint refuses that %s imports %s', (folder, target) => {
  const root = mkdtempSync(join(tmpdir(), 'redrive-lint-'))
  mkdirSync(join(root, folder), { recursive: true })
  copyFileSync(join(REPOSITORY_FOLDER, '.oxlintrc.json'), join(root, '.oxlintrc.json'))
  writeFileSync(join(root, folder, 'wrong-way.ts'), `export * from '${target}'\n`)
  const oxlint = join(REPOSITORY_FOLDER, 'node_modules/oxlint/bin/oxlint')
  const { status, stdout } = spawnSync(process.execPath, [oxlint], { cwd: root, encoding: 'utf8' })
  rmSync(root, { recursive: true })
  expect(stdout).toContain('no-restricted-imports')
  expect(status).not.toBe(0)
})
