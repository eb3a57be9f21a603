import { describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describeType } from '../describe-type.ts'
import { mathAdd } from './math-add.ts'

const described = describeType(mathAdd)
if ('problems' in described) throw new Error(described.problems.join())
const acceptsBySchema = new Ajv2020({ allErrors: true, strict: false }).compile(described.inputSchema)

function add(input: unknown): unknown {
  return mathAdd.handler(mathAdd.input.parse(input) as never, undefined as never)
}

test.each([
  [{ a: 1, b: 2 }, '3'],
  [{ a: 0.1, b: 0.2 }, '0.3'],
  [{ a: 1e3, b: '1' }, '1001'],
  [{ a: 5e-7, b: 0 }, '0.0000005'],
  [{ a: -0, b: 0 }, '0'],
  [{ a: '9007199254740993', b: 1 }, '9007199254740994'],
  [{ a: Number.MAX_SAFE_INTEGER, b: '0.5' }, '9007199254740991.5'],
])('%j has the sum %s', (input, sum) => {
  expect(acceptsBySchema(input)).toBe(true)
  expect(add(input)).toEqual({ sum })
})

test('numbers of 10,000 characters are added exactly', () => {
  expect(add({ a: '9'.repeat(10_000), b: '1' })).toEqual({ sum: `1${'0'.repeat(10_000)}` })
})

describe('an input is refused by worker and JSON Schema alike, by the name of its field:', () => {
  test.each([
    ['letters', { a: 'one', b: 1 }, '/a'],
    ['an exponent in a string', { a: 1, b: '1e3' }, '/b'],
    ['no digits before the point', { a: '.5', b: 1 }, '/a'],
    ['an empty string', { a: '', b: 1 }, '/a'],
    ['other digits than 0 to 9', { a: '١', b: 1 }, '/a'],
    ['a line break after the number', { a: '1\n', b: 1 }, '/a'],
    ['a number that JSON has changed', { a: 2 ** 53, b: 1 }, '/a'],
    ['a very large number', { a: 1, b: -1e300 }, '/b'],
    ['10,001 characters', { a: '1'.repeat(10_001), b: 1 }, '/a'],
    ['null', { a: null, b: 1 }, '/a'],
    ['a list', { a: [1], b: 1 }, '/a'],
  ])('%s', (_, input, path) => {
    expect(mathAdd.input.safeParse(input).error?.issues.map((issue) => `/${issue.path.join('/')}`)).toEqual([
      path,
    ])
    expect(acceptsBySchema(input)).toBe(false)
    expect(new Set(acceptsBySchema.errors?.map((error) => error.instancePath))).toEqual(new Set([path]))
  })

  test.each([
    ['one that is missing', { a: 1 }],
    ['one too many', { a: 1, b: 2, c: 3 }],
  ])('%s', (_, input) => {
    expect(mathAdd.input.safeParse(input).success).toBe(false)
    expect(acceptsBySchema(input)).toBe(false)
  })
})

test('an inexact number is refused with the advice to send a string', () => {
  expect(mathAdd.input.safeParse({ a: 1e300, b: 1 }).error?.issues[0]?.message).toContain('as a string')
})

test('the JSON Schema has the pattern of a number as text', () => {
  expect(JSON.stringify(described.inputSchema)).toContain('"pattern":"^[+-]?[0-9]+(\\\\.[0-9]+)?$"')
})
