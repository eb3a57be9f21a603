import { expect, test } from '@jest/globals'
import { explainEvidence } from './explain-evidence.ts'

const evidence = {
  exitCode: 9,
  signal: null,
  memoryPeakBytes: 512_400_000,
  lastOutput: ['one', 'two', 'three', 'four'],
}

test('how a process ended, its memory and its last words are one sentence', () => {
  expect(explainEvidence(evidence)).toBe(
    'Its process ended with exit code 9; memory peak 512 MB; last output: "two", "three", "four".',
  )
  expect(explainEvidence({ exitCode: null, signal: 'SIGABRT', memoryPeakBytes: null, lastOutput: [] })).toBe(
    'Its process ended by SIGABRT; it wrote nothing.',
  )
})

test('a long line is cut, and never within a character', () => {
  expect(explainEvidence({ ...evidence, lastOutput: [`${'x'.repeat(199)}😀`] }).isWellFormed()).toBe(true)
})

test('without evidence nothing is said', () => {
  expect(explainEvidence(null)).toBe('')
  expect(explainEvidence(undefined)).toBe('')
})
