import { expect, test } from '@jest/globals'
import { weighJson } from './weigh-json.ts'

const weigh = (text: string): number => weighJson(Buffer.from(text))

test.each([
  ['12345', 0],
  ['"{[,:"', 24],
  ['"\\"{"', 24],
  ['"\\\\",{', 24 + 8 + 64],
  ['[1,2,3]', 32 + 16],
  ['{"a":1}', 64 + 24 + 48],
])('%s weighs %d', (text, weight) => {
  expect(weigh(text)).toBe(weight)
})

test('ten thousand ordinary tasks weigh a fraction of a body of empty objects', () => {
  const tasks = JSON.stringify(
    Array.from({ length: 10_000 }, (_, a) => ({
      type: 'math.add',
      input: { a, b: 'x'.repeat(1_500) },
      tags: ['one'],
    })),
  )
  expect(weigh(tasks)).toBeLessThan(10_000_000)
  expect(weigh(`[${'{},'.repeat(5_000_000)}{}]`)).toBeGreaterThan(300_000_000)
})
