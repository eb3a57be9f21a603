import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { CRASH_POINTS } from '@redrive/shared/runtime'

test('every crash window of the documentation is tested by killing a process there', () => {
  const tests = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('-crashes.test.ts'))
    .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
    .join('\n')
  expect(Object.keys(CRASH_POINTS).filter((point) => !tests.includes(point))).toEqual([])
})
