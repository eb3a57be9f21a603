import { describe, expect, test } from '@jest/globals'
import { compileInputCheck } from './compile-input-check.ts'

const number = { anyOf: [{ type: 'integer' }, { type: 'number' }, { type: 'string', pattern: '^-?\\d+$' }] }
const addition = {
  type: 'object',
  properties: { a: number, b: number },
  required: ['a', 'b'],
  additionalProperties: false,
}

function check(schema: Record<string, unknown>, input: unknown) {
  const compiled = compileInputCheck(schema)
  if (compiled === null) throw new Error('the schema was not compiled')
  return compiled(input)
}

describe('an input check', () => {
  test('accepts what fits', () => {
    expect(check(addition, { a: 1, b: '22' })).toEqual([])
  })

  test('says of a union what it would have taken, once', () => {
    expect(check(addition, { a: true, b: 1 })).toEqual([
      {
        path: '/a',
        message: 'expected a whole number or a number or a text that matches ^-?\\d+$, got true',
        expected: 'a whole number or a number or a text that matches ^-?\\d+$',
      },
    ])
  })

  test('says of a number in a union how large it may be, so that a text comes to mind', () => {
    const operand = { anyOf: [{ type: 'number', minimum: -9, maximum: 9 }, { type: 'string' }] }
    const [fault] = check({ type: 'object', properties: { a: operand } }, { a: 1e21 })
    expect(fault).toMatchObject({ path: '/a', expected: 'a number from -9 to 9 or a text' })
  })

  test('names what is missing and what is too much', () => {
    expect(check(addition, { a: 1, c: 2 })).toEqual(
      expect.arrayContaining([
        { path: '/b', message: 'is missing' },
        { path: '/c', message: 'is not a known property' },
      ]),
    )
  })

  test('explains the closest of several kinds of object', () => {
    const cat = {
      type: 'object',
      properties: { kind: { const: 'cat' }, lives: { type: 'integer' } },
      required: ['kind', 'lives'],
    }
    const dog = {
      type: 'object',
      properties: { kind: { const: 'dog' }, tricks: { type: 'array' }, owner: { type: 'string' } },
      required: ['kind', 'tricks', 'owner'],
    }
    expect(check({ anyOf: [cat, dog] }, { kind: 'cat', lives: 'nine' })).toEqual([
      { path: '/lives', message: 'expected a whole number, got the text "nine"', expected: 'a whole number' },
    ])
  })

  test('does not change the input to make it fit', () => {
    const input = { a: '1' }
    expect(
      check({ type: 'object', properties: { a: { type: 'integer', default: 7 }, b: { default: 1 } } }, input),
    ).toHaveLength(1)
    expect(input).toEqual({ a: '1' })
  })

  test('gives a bounded list for an input full of faults', () => {
    expect(
      check(
        { type: 'array', items: { type: 'string' } },
        Array.from({ length: 5_000 }, (_, index) => index),
      ).length,
    ).toBeLessThanOrEqual(100)
  })

  test('heeds formats', () => {
    expect(check({ type: 'string', format: 'uri' }, 'no address')).toEqual([
      expect.objectContaining({ path: '', expected: 'a text in the format uri' }),
    ])
  })
})

test.each([{ $ref: 'https://example.com/elsewhere' }, { type: 'nonsense' }, { pattern: '(' }])(
  'the schema %j, which cannot be used, gives no check and no error',
  (schema) => {
    expect(compileInputCheck(schema)).toBeNull()
  },
)
