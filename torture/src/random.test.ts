import { expect, test } from '@jest/globals'
import { createRandom } from './random.ts'

const draws = (seed: number, name = ''): readonly number[] => {
  const random = name === '' ? createRandom(seed) : createRandom(seed).fork(name)
  return Array.from({ length: 20 }, () => random.int(0, 1_000_000))
}

test('the same seed draws the same, another seed or another fork something else', () => {
  expect(draws(7)).toEqual(draws(7))
  expect(draws(7, 'faults')).toEqual(draws(7, 'faults'))
  expect(draws(8)).not.toEqual(draws(7))
  expect(draws(7, 'faults')).not.toEqual(draws(7))
  expect(draws(7, 'clients')).not.toEqual(draws(7, 'faults'))
})

test('draws stay within their bounds, both of which are met, and a shuffle keeps every item', () => {
  const random = createRandom(1)
  const seen = new Set(Array.from({ length: 500 }, () => random.int(3, 6)))
  expect(seen).toEqual(new Set([3, 4, 5, 6]))
  expect(new Set(random.shuffle([1, 2, 3, 4, 5]))).toEqual(new Set([1, 2, 3, 4, 5]))
})
