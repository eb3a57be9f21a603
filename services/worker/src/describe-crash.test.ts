import { expect, test } from '@jest/globals'
import { describeFault } from '@redrive/shared/task'
import fc from 'fast-check'
import { describeCrash, describeCrashEvidence, describeFailedStart } from './describe-crash.ts'
import type { LoneEnd } from './lone-process.ts'

const end: LoneEnd = {
  code: null,
  signal: 'SIGSEGV',
  answer: null,
  hasBegun: true,
  killedBecause: null,
  isOutOfMemory: false,
  memoryPeakBytes: 1,
  lastOutput: [],
}
const crashed = { type: 'images.resize', timeoutMs: 5_000, memoryLimitMb: 256, end }

test.each([
  [{}, 'SIGSEGV', 'ended by SIGSEGV'],
  [{ code: 9, signal: null }, 'EXIT_9', 'ended with exit code 9'],
  [{ signal: 'SIGABRT', isOutOfMemory: true }, 'OUT_OF_MEMORY', 'had no memory left and ended by SIGABRT'],
  [{ signal: 'SIGKILL', killedBecause: 'memory' }, 'MEMORY_LIMIT', 'above its memory limit of 256 MB'],
  [{ signal: 'SIGKILL', killedBecause: 'told' }, 'KILLED', 'did not react to its timeout of 5000 ms'],
] as const)('%j is told as %s', (more, code, words) => {
  expect(describeCrash({ ...crashed, end: { ...end, ...more } })).toEqual({
    type: 'ProcessCrashed',
    code,
    message: expect.stringContaining(words),
  })
})

test('a process that never got to its handler is told apart', () => {
  const late = { ...end, signal: 'SIGKILL', hasBegun: false, killedBecause: 'not_begun' } as const
  expect(describeFailedStart({ ...crashed, end: late })).toEqual({
    type: 'ProcessNotStarted',
    message: expect.stringContaining('not loaded in time, before the handler began'),
  })
})

test('the fingerprint depends on the type and the way of dying, and not on what else was seen', () => {
  const ways = fc.record({
    type: fc.constantFrom('images.resize', 'invoices.send'),
    code: fc.constantFrom(0, 1, 7),
    memoryPeakBytes: fc.nat(),
    lastOutput: fc.array(fc.string(), { maxLength: 3 }),
  })
  const seen = ({ type, ...more }: { type: string } & Partial<LoneEnd>) =>
    describeFault(describeCrash({ ...crashed, type, end: { ...end, signal: null, ...more } })).fingerprint
  fc.assert(
    fc.property(ways, ways, (one, other) => {
      const isSame = one.type === other.type && one.code === other.code
      expect(seen(one) === seen(other)).toBe(isSame)
    }),
  )
})

test('the evidence is what was seen', () => {
  expect(describeCrashEvidence({ ...end, lastOutput: ['oh'] })).toEqual({
    exitCode: null,
    signal: 'SIGSEGV',
    memoryPeakBytes: 1,
    lastOutput: ['oh'],
  })
})
