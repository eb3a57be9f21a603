import { expect, test } from '@jest/globals'
import { readMemory } from './read-memory.ts'

test('a process’s memory is what Linux tells, and nothing for one that is not there', () => {
  const own = readMemory(process.pid)

  expect(own === null).toBe(process.platform !== 'linux')
  if (own !== null) expect(own.peakBytes).toBeGreaterThanOrEqual(own.residentBytes)
  expect(readMemory(2 ** 22 + 1)).toBeNull()
})
