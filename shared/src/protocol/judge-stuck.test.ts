import { expect, test } from '@jest/globals'
import { countStuck, rememberStuck, type StuckMemory } from './judge-stuck.ts'

const look = (total: number) => ({ queue: 'q', total, ready: 2, unacknowledged: 1 })

function remember(...totals: readonly number[]): StuckMemory {
  return totals.reduce<StuckMemory>((memory, total) => rememberStuck(memory, [look(total)]), new Map())
}

test.each([
  ['what three looks find is stuck', [5, 5, 5], 2],
  ['what has left in between only passed through', [5, 3, 5], 0],
  ['of what grows, the least is certain', [4, 5, 9], 1],
  ['two looks prove nothing', [5, 5], null],
  ['only the last three count', [3, 3, 5, 5, 5], 2],
])('%s', (_, totals, stuck) => {
  expect(countStuck(remember(...totals), 'q')).toBe(stuck)
})

test('a queue that could not be looked at begins anew', () => {
  const unseen = rememberStuck(remember(5, 5, 5), [])
  expect(countStuck(unseen, 'q')).toBeNull()
  expect(countStuck(rememberStuck(unseen, [look(5)]), 'q')).toBeNull()
})
