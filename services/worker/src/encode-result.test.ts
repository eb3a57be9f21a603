import { expect, test } from '@jest/globals'
import { MAX_RESULT_BYTES } from '@redrive/shared/task'
import { encodeResult } from './encode-result.ts'

test.each([
  [undefined, 'null'],
  [null, 'null'],
  [{ a: [1, undefined], b: undefined }, '{"a":[1,null]}'],
  [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ['x'.repeat(MAX_RESULT_BYTES - 2), JSON.stringify('x'.repeat(MAX_RESULT_BYTES - 2))],
])('%p is kept as JSON', (returned, result) => {
  expect(encodeResult(returned)).toEqual({ kind: 'succeeded', result })
})

const cycle: Record<string, unknown> = {}
cycle['self'] = cycle

test.each([
  ['a cycle', cycle, 'circular'],
  ['a BigInt', { amount: 1n }, 'BigInt'],
  ['a function', () => 1, 'there is a function'],
  ['a function inside', { run: () => 1 }, 'there is a function at "run"'],
  ['a symbol inside', [Symbol('x')], 'there is a symbol at "0"'],
  [
    'a toJSON that throws',
    {
      toJSON: () => {
        throw new Error('not today')
      },
    },
    'not today',
  ],
  ['a toJSON without a value', { toJSON: () => undefined }, 'toJSON'],
  ['one byte too many', 'x'.repeat(MAX_RESULT_BYTES - 1), `at most ${MAX_RESULT_BYTES}`],
  ['many bytes in few characters', 'ü'.repeat(MAX_RESULT_BYTES / 2), 'bytes of JSON'],
])('%s is an unusable result, and the reason is said', (_, returned, words) => {
  const outcome = encodeResult(returned)

  expect(outcome).toMatchObject({ kind: 'unusable_result', error: { type: 'UnusableResultError' } })
  expect(JSON.stringify(outcome)).toContain(JSON.stringify(words).slice(1, -1))
})
