import { expect, test } from '@jest/globals'
import { isCleanStop } from './is-clean-stop.ts'

test.each([
  [null, true],
  [{ code: 0, signal: null }, true],
  [{ code: null, signal: 'SIGKILL' }, true],
  [{ code: null, signal: 'SIGTERM' }, true],
  [{ code: 1, signal: null }, false],
  [{ code: null, signal: 'SIGSEGV' }, false],
] as const)('a process that was asked to stop and ended with %j did as it should: %j', (exit, expected) => {
  expect(isCleanStop(exit)).toBe(expected)
})
