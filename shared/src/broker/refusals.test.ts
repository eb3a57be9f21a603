import { expect, test } from '@jest/globals'
import { Refusals } from './refusals.ts'

test('a queue that refuses for a second asks for another channel, and then half as often, up to every ten seconds', () => {
  const refusals = new Refusals()
  const asked: number[] = []
  for (let second = 0; second <= 60; second += 0.5) {
    if (!refusals.count('lane', second * 1_000)) continue
    asked.push(second)
    refusals.startChannel()
  }

  expect(asked).toEqual([1, 3.5, 8, 16.5, 27, 37.5, 48, 58.5])
})

test('one message that the queue takes begins anew, whatever other queues refuse', () => {
  const refusals = new Refusals()
  refusals.count('lane', 0)
  refusals.count('other', 0)
  refusals.clear('lane')

  expect(refusals.count('lane', 1_000)).toBe(false)
  expect(refusals.count('other', 1_000)).toBe(true)
  expect(refusals.count('lane', 2_000)).toBe(true)
})

test('what an earlier channel was refused does not count against the next one', () => {
  const refusals = new Refusals()
  refusals.count('lane', 0)
  refusals.startChannel()

  expect(refusals.count('lane', 5_000)).toBe(false)
})
