import { expect, test } from '@jest/globals'
import { countStuck, rememberStuck, type StuckMemory } from './judge-stuck.ts'

const look = (surplus: number) => ({ queue: 'q', surplus })

function remember(...surpluses: readonly number[]): StuckMemory {
  return surpluses.reduce<StuckMemory>((memory, surplus) => rememberStuck(memory, [look(surplus)]), new Map())
}

test.each([
  ['what three looks find is stuck', [2, 2, 2], 2],
  ['what has left in between only passed through', [2, 0, 2], 0],
  ['of what grows, the least is certain', [1, 2, 6], 1],
  ['two looks prove nothing', [2, 2], null],
  ['only the last three count', [0, 0, 2, 2, 2], 2],
])('%s', (_, surpluses, stuck) => {
  expect(countStuck(remember(...surpluses), 'q')).toBe(stuck)
})

test('a queue that could not be looked at begins anew', () => {
  const unseen = rememberStuck(remember(2, 2, 2), [])
  expect(countStuck(unseen, 'q')).toBeNull()
  expect(countStuck(rememberStuck(unseen, [look(2)]), 'q')).toBeNull()
})
