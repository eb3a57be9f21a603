import { expect, test } from '@jest/globals'
import { FailedAttempts } from './failed-attempts.ts'

test('an address has twenty failures at once, then one each second', () => {
  const failures = new FailedAttempts()
  const answers = Array.from({ length: 21 }, () => failures.record('192.0.2.1', 0))
  expect(answers.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 0))
  expect(answers[20]).toBe(1)
  expect(failures.record('192.0.2.1', 1_000)).toBe(0)
  expect(failures.record('192.0.2.1', 1_000)).toBe(1)
})

test('addresses do not share their failures', () => {
  const failures = new FailedAttempts()
  for (let count = 0; count < 30; count += 1) failures.record('192.0.2.1', 0)
  expect(failures.record('192.0.2.2', 0)).toBe(0)
})

test('many addresses do not fill the memory: the one that failed longest ago is forgotten', () => {
  const failures = new FailedAttempts()
  for (let count = 0; count < 30; count += 1) failures.record('first', 0)
  for (let index = 0; index < 10_000; index += 1) failures.record(`other ${index}`, 0)
  expect(failures.record('first', 0)).toBe(0)
})
