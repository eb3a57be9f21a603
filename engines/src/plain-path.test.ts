import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { plainPath } from './plain-path.ts'

test('a path without special characters is taken as it is', () => {
  expect(plainPath('/srv/redrive/.redrive').path).toBe('/srv/redrive/.redrive')
})

test('a path with spaces is reached through a link without any, which is removed in the end', () => {
  const folder = mkdtempSync(join(tmpdir(), 'redrive with spaces '))
  writeFileSync(join(folder, 'file'), 'found')
  const plain = plainPath(folder)
  expect(plain.path).not.toContain(' ')
  expect(readFileSync(join(plain.path, 'file'), 'utf8')).toBe('found')
  plain.release()
  expect(existsSync(plain.path)).toBe(false)
  expect(existsSync(join(folder, 'file'))).toBe(true)
  rmSync(folder, { recursive: true })
})
