import { describe, expect, test } from '@jest/globals'
import { ProblemError } from '../problem-error.ts'
import { InexactNumber } from './inexact-number.ts'
import { parseJson } from './parse-json.ts'

const parse = (text: string): unknown => parseJson(Buffer.from(text))

function problemOf(body: Buffer | string): ProblemError {
  try {
    parseJson(Buffer.from(body))
  } catch (error) {
    if (error instanceof ProblemError) return error
    throw error
  }
  throw new Error('it was parsed')
}

describe('a body', () => {
  test('is parsed as JSON', () => {
    expect(parse('{"a":[1,-2.5,"x",null,true]}')).toEqual({ a: [1, -2.5, 'x', null, true] })
  })

  test.each([
    ['', 'empty'],
    ['  ', 'empty'],
    ['{', 'ends at position 1'],
    ['{"a":1,}', 'unexpected "}" at position 7'],
    ['[1 2]', 'unexpected "2" at position 3'],
    ['{"a" 1}', 'unexpected "1" at position 5'],
    ['nul', 'unexpected "n" at position 0'],
    ["{'a':1}", `unexpected "'" at position 1`],
    ['[01]', 'unexpected "0" at position 1'],
    ['{"a":1}}', 'unexpected "}" at position 7'],
    ['{\n  "a": x\n}', '(line 2, column 8)'],
    ['"a\u0001b"', 'unexpected U+0001 at position 2'],
    ['{"a":"b', 'ends at position 7'],
    ['["a\\x"]', 'unexpected "\\\\" at position 3'],
    ['\ufeff{}', 'unexpected U+FEFF at position 0'],
  ])('that is %j is refused with the place', (text, expected) => {
    const problem = problemOf(text)
    expect(problem.code).toBe('INVALID_JSON')
    expect(problem.message).toContain(expected)
  })

  test('that is not UTF-8 is refused', () => {
    expect(problemOf(Buffer.from([0x22, 0xff, 0x22])).message).toContain('UTF-8')
  })

  test('keeps a property named __proto__ as an ordinary one', () => {
    const parsed = parse('{"__proto__":{"polluted":true},"n":1e3}') as object
    expect(Object.hasOwn(parsed, '__proto__')).toBe(true)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test.each([
    '9007199254740993',
    '1e400',
    '0.1000000000000000055',
    '-12345678901234567890',
    '1e-400',
    '123456789.12345678901',
  ])('marks the number %s, which a double cannot carry', (source) => {
    expect(parse(`{"n": ${source}}`)).toEqual({ n: new InexactNumber(source) })
    expect(parse(`[1,${source}]`)).toEqual([1, new InexactNumber(source)])
  })

  test.each([
    '9007199254740992',
    '1e21',
    '0.1',
    '1.10',
    '1E5',
    '-0.0',
    '5e-324',
    '1.7976931348623157e308',
    '100000000000000000000',
  ])('takes the number %s as it is', (source) => {
    expect(parse(`{"n":${source}}`)).toEqual({ n: Number(source) })
  })
})
