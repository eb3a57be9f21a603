import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { REPOSITORY_FOLDER } from '@redrive/shared/testing'

const FIELDS = ['dependencies', 'devDependencies', 'optionalDependencies'] as const

const read = (file: string): string => readFileSync(join(REPOSITORY_FOLDER, file), 'utf8')

const declared = new Set(
  globSync(['package.json', '{shared,migrations,engines}/package.json', 'services/*/package.json'], {
    cwd: REPOSITORY_FOLDER,
  })
    .map((file) => JSON.parse(read(file)))
    .flatMap((manifest) => FIELDS.flatMap((field) => Object.keys(manifest[field] ?? {}))),
)

test('every dependency has its reason in the decisions, and nothing else is listed there', () => {
  const page = read('docs/decisions/0005-dependencies.md')
  const listed = new Set(
    [...page.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, names]) => names!.match(/[^`, ]+/g) ?? []),
  )
  expect([...listed].toSorted()).toEqual([...declared].toSorted())
})

test('every optional dependency of the lock file has an entry of its own, or `npm ci` would fail', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>
  }
  const names = new Set(
    Object.keys(packages).map((path) =>
      path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
    ),
  )
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !names.has(name))
      .map((name) => `${path}: ${name}`),
  )
  expect(missing).toEqual([])
})

test('the lock file names no registry', () => {
  expect(read('package-lock.json')).not.toMatch(/"resolved": "http/)
})
