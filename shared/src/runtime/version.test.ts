import { expect, test } from '@jest/globals'
import { version } from './version.ts'

test('the version is a semantic one', () => {
  expect(version).toMatch(/^\d+\.\d+\.\d+/)
})
