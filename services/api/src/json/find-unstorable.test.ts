import { expect, test } from '@jest/globals'
import { findUnstorable, MAX_DEPTH, MAX_FIELD_ERRORS } from './find-unstorable.ts'
import { InexactNumber } from './inexact-number.ts'

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))

test('an ordinary body is storable', () => {
  expect(findUnstorable({ type: 'x', input: { text: 'ümläut 🙂', list: [1, null, true] } })).toEqual([])
})

test.each([['\u0000'], ['a\uD800b'], ['\uDC00']])('the text %j is named with its place', (text) => {
  expect(findUnstorable({ input: { 'a/b': [text] } })).toEqual([
    { path: '/input/a~1b/0', message: expect.stringContaining('cannot be stored') },
  ])
})

test('a property name is looked at like a text', () => {
  expect(findUnstorable({ input: { 'a\u0000': 1 } })).toEqual([
    { path: '/input', message: expect.stringContaining('property name') },
  ])
})

test('a number that was not understood exactly comes with the advice to send a string', () => {
  expect(findUnstorable({ input: { a: new InexactNumber('9007199254740993') } })).toEqual([
    { path: '/input/a', message: expect.stringContaining('send it as a string') },
  ])
})

test('nesting ends at the limit', () => {
  expect(findUnstorable(nested(MAX_DEPTH))).toEqual([])
  expect(findUnstorable(nested(MAX_DEPTH + 1))).toHaveLength(1)
  expect(findUnstorable(nested(100_000))).toHaveLength(1)
})

test('a body full of faults gives a bounded list', () => {
  expect(findUnstorable(Array.from({ length: 10_000 }, () => '\u0000'))).toHaveLength(MAX_FIELD_ERRORS)
})
