import { describe, expect, test } from '@jest/globals'
import { REPOSITORY_FOLDER } from '@redrive/shared/testing'
import { isInContext, listContext, parseIgnoreFile } from './build-context.ts'
import { readRepositoryFile } from './compose-file.ts'

const rules = parseIgnoreFile(readRepositoryFile('.dockerignore'))

describe('the builder gets', () => {
  test.each([
    'package-lock.json',
    '.npmrc',
    'shared/src/task/index.ts',
    'services/worker/src/main.ts',
    'services/api/package.json',
  ])('%s', (path) => {
    expect(isInContext(path, rules)).toBe(true)
  })

  test('no more than the sources and manifests', () => {
    const roots = new Set(listContext(REPOSITORY_FOLDER, rules).map((path) => path.split('/', 1)[0] ?? ''))
    const manifests = [
      '.npmrc',
      'package.json',
      'package-lock.json',
      'tsconfig.base.json',
      'tsconfig.build.json',
    ]
    expect(roots).toEqual(new Set([...manifests, 'migrations', 'services', 'shared']))
  })
})

test('no exception has a star, because builders disagree about what is below one', () => {
  expect(rules.filter(({ pattern, isException }) => isException && pattern.includes('*'))).toEqual([])
})

describe('the builder does not get', () => {
  test.each([
    '.env',
    '.git/config',
    '.redrive/postgres/PG_VERSION',
    'node_modules/koa/package.json',
    'services/api/node_modules/koa/package.json',
    'services/api/dist/main.js',
    'engines/package.json',
    'services/api/test/x.test.ts',
    'shared/src/task/lanes.test.ts',
    'shared/src/testing/index.ts',
  ])('%s', (path) => {
    expect(isInContext(path, rules)).toBe(false)
  })
})
