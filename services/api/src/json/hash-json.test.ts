import { expect, test } from '@jest/globals'
import { hashJson } from './hash-json.ts'

test('the order of properties makes no difference', () => {
  expect(hashJson({ a: 1, b: { c: [1, 2], d: null } })).toEqual(hashJson({ b: { d: null, c: [1, 2] }, a: 1 }))
})

test.each([
  [
    [1, 2],
    [2, 1],
  ],
  [{ a: 1 }, { a: '1' }],
  [{ a: null }, {}],
  [['a', 'b'], ['a,b']],
])('%j and %j differ', (one, other) => {
  expect(hashJson(one)).not.toEqual(hashJson(other))
})
