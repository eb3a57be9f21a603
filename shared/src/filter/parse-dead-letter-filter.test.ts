import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { DEAD_LETTER_FIELDS, type DeadLetterFilter, parseDeadLetterFilter } from './index.ts'

const now = new Date('2026-11-25T12:00:00.000Z')
const parse = (sent: Record<string, unknown>) => parseDeadLetterFilter(sent, now)
const faultOf = (field: string, value: unknown) => {
  const parsed = parse({ [field]: value })
  return 'errors' in parsed ? parsed.errors[0].message : 'none'
}

describe('a value', () => {
  test.each<[Record<string, unknown>, DeadLetterFilter]>([
    [{}, {}],
    [{ type: 'mail.send' }, { type: { anyOf: ['mail.send'] } }],
    [{ type: 'b, a,b' }, { type: { anyOf: ['a', 'b'] } }],
    [{ type: '!b,a' }, { type: { noneOf: ['a', 'b'] } }],
    [{ tag: '"a,b",c' }, { tag: { anyOf: ['a,b', 'c'] } }],
    [{ tag: '!"!x"' }, { tag: { noneOf: ['!x'] } }],
    [{ tag: '">=3 ""times"""' }, { tag: { anyOf: ['>=3 "times"'] } }],
    [{ tag: ['a,b', '!c'] }, { tag: { anyOf: ['!c', 'a,b'] } }],
    [{ state: 'open,carried' }, { state: { anyOf: ['carried', 'open'] } }],
    [{ attempts: '3,1,3' }, { attempts: { anyOf: [1, 3] } }],
    [{ attempts: 3 }, { attempts: { anyOf: [3] } }],
    [{ attempts: '!0' }, { attempts: { noneOf: [0] } }],
    [{ attempts: '>=3' }, { attempts: { atLeast: 3 } }],
    [{ attempts: '> 3' }, { attempts: { above: 3 } }],
    [{ attempts: '<=3' }, { attempts: { atMost: 3 } }],
    [{ attempts: '<3' }, { attempts: { below: 3 } }],
    [{ attempts: '1..3' }, { attempts: { atLeast: 1, atMost: 3 } }],
    [{ attempts: '1..' }, { attempts: { atLeast: 1 } }],
    [{ attempts: '..3' }, { attempts: { atMost: 3 } }],
    [{ foreign: 'true' }, { foreign: true }],
    [{ foreign: false }, { foreign: false }],
    [{ text: '"card refused" -timeout' }, { text: '"card refused" -timeout' }],
    [
      { taskId: '019B1F2E-7C1A-7D7E-9D5E-0A5B7F3C2D11' },
      { taskId: { anyOf: ['019b1f2e-7c1a-7d7e-9d5e-0a5b7f3c2d11'] } },
    ],
  ])('%j is read as %j', (sent, filter) => {
    expect(parse(sent)).toEqual({ filter })
  })

  test.each([
    ['2026-11-01', '2026-11-01T00:00:00.000Z', '2026-11-02T00:00:00.000Z'],
    ['2026-11-01..2026-11-02', '2026-11-01T00:00:00.000Z', '2026-11-03T00:00:00.000Z'],
    ['2026-11-01T10:00:00+02:00', '2026-11-01T08:00:00.000Z', '2026-11-01T08:00:00.001Z'],
    ['2026-11-01T10:00:00Z..', '2026-11-01T10:00:00.000Z', undefined],
    ['>=-90m', '2026-11-25T10:30:00.000Z', undefined],
    ['-24h..', '2026-11-24T12:00:00.000Z', undefined],
    ['<-7d', undefined, '2026-11-18T12:00:00.000Z'],
    ['>2026-11-01', '2026-11-02T00:00:00.000Z', undefined],
    ['<=2026-11-01', undefined, '2026-11-02T00:00:00.000Z'],
  ])('the time %s is from %s on and before %s', (diedAt, from, before) => {
    expect(parse({ diedAt })).toEqual({ filter: { diedAt: { from, before } } })
  })

  test('a lower and an upper bound given apart narrow the same time', () => {
    const sent = { diedAfter: '-2d', diedAt: '>=-1d', diedBefore: '-1h' }
    expect(parse(sent)).toEqual({
      filter: { diedAt: { from: '2026-11-24T12:00:00.000Z', before: '2026-11-25T11:00:00.000Z' } },
    })
  })
})

describe('a path into the input', () => {
  test.each([
    ['input.country', 'CH', { path: ['country'], anyOf: ['CH'] }],
    ['input.a.0.b', '5', { path: ['a', 0, 'b'], anyOf: ['5', 5] }],
    ['input.a', '"5"', { path: ['a'], anyOf: ['5'] }],
    ['input.a', ['5', 6], { path: ['a'], anyOf: ['5', '6', 6] }],
    ['input.a', 'true', { path: ['a'], anyOf: ['true', true] }],
    ['input.a', null, { path: ['a'], anyOf: ['null', null] }],
    ['input.a', '!x', { path: ['a'], noneOf: ['x'] }],
    ['input.a', '>=1.5', { path: ['a'], atLeast: 1.5 }],
    ['input.a', '1..2', { path: ['a'], atLeast: 1, atMost: 2 }],
    ['input.a', 'x..y', { path: ['a'], anyOf: ['x..y'] }],
    ['input."a.b"."0"', 'x', { path: ['a.b', '0'], anyOf: ['x'] }],
  ])('%s with %j is read as %j', (field, value, condition) => {
    expect(parse({ [field]: value })).toEqual({ filter: { input: [condition] } })
  })

  test.each(['input.', 'input..a', 'input.a.', 'input.a"b', 'input.0.1.2.3.4', `input.${'a.'.repeat(20)}a`])(
    '%s is refused',
    (field) => {
      expect(faultOf(field, 'x')).toMatch(/path/)
    },
  )
})

describe('a fault', () => {
  test.each<[string, unknown, string | RegExp]>([
    ['state', 'opne', '"opne" is none of carried, open, redriven, discarded (did you mean "open"?)'],
    ['type', '', 'has no value'],
    ['type', 'a,,b', 'has an empty value'],
    ['type', [], 'has no value'],
    ['type', [{}], 'expected a list of texts, numbers and booleans'],
    ['type', {}, 'expected a text, a number, a boolean or a list of them'],
    ['type', 'a\0b', 'contains U+0000, which nothing stored does'],
    ['type', '\ud800', /surrogate/],
    ['type', 'x'.repeat(201), /201 characters, more than the 200/],
    ['type', 'x'.repeat(4_001), /4001 characters/],
    ['type', Array.from({ length: 101 }, () => 'a').join(','), /101 values/],
    ['type', '>=a', /only numbers and times are compared/],
    ['type', '=a', /unknown operator "="; known are "," for any of/],
    ['type', '!=a', /unknown operator "!="/],
    ['type', '<>a', /unknown operator "<>"/],
    ['type', '~a', /unknown operator "~"/],
    ['type', 'a,!b', /"!" that is not the first character/],
    ['type', '"a', /not closed/],
    ['type', '"a"b', /between a closing quotation mark and the next comma/],
    ['type', 'a"b"', /in the middle of a value/],
    ['attempts', 'many', /expected a number, ">=3"/],
    ['attempts', '>=many', /expected a number/],
    ['attempts', '3..1', /ends before it begins/],
    ['attempts', '1e999', /expected a number/],
    ['diedAt', 'yesterday', /expected a date, an RFC 3339 time/],
    ['diedAt', '2026-02-30', /expected a date/],
    ['diedAt', '2026-11-01T10:00:00', /expected a date/],
    ['diedAt', '2026-11-02..2026-11-01', /ends before it begins/],
    ['diedAt', ['2026-11-01'], 'takes one value, not a list'],
    ['diedAfter', '>=-1d', /expected a date/],
    ['taskId', 'x', 'expected an id, got "x"'],
    ['foreign', 'yes', 'expected true or false, got "yes"'],
    ['text', '  ', 'has no value'],
    ['text', 'x'.repeat(501), /501 characters/],
    ['tipe', 'a', /^is not a known field; did you mean "type"\? Known fields: attempts, .*, input.<path>$/],
    ['zzzzzz', 'a', /^is not a known field\. Known fields: attempts/],
    ['toString', 'a', /is not a known field/],
    ['input', 'a', /is not a known field/],
  ])('of %s with %j is told', (field, value, message) => {
    expect(faultOf(field, value)).toEqual(
      typeof message === 'string' ? message : expect.stringMatching(message),
    )
  })

  test('is told of every field that has one', () => {
    const parsed = parse({ state: 'x', type: 'fine', attempts: 'x', nothing: 'x' })
    const fields = 'errors' in parsed ? parsed.errors.map(({ field }) => field) : []
    expect(fields).toEqual(['attempts', 'nothing', 'state'])
  })
})

describe('whatever is sent', () => {
  const field = fc.oneof(
    fc.constantFrom(...Object.keys(DEAD_LETTER_FIELDS)),
    fc.string().map((path) => `input.${path}`),
    fc.string(),
  )
  const piece = fc.oneof(
    fc.constantFrom('>=', '<', '..', ',', '!', '"', '-1d', '2026-11-01', '5'),
    fc.string(),
  )
  const value = fc.oneof(
    fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')),
    fc.jsonValue(),
  )

  test('is a filter or clear errors, never a throw; the filter is plain JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(field, value, { maxKeys: 8 }), (sent) => {
        const parsed = parse(sent)
        if ('errors' in parsed) {
          for (const fault of parsed.errors) {
            expect(Object.keys(sent)).toContain(fault.field)
            expect(fault.message.length).toBeGreaterThan(5)
          }
        } else {
          expect(JSON.parse(JSON.stringify(parsed.filter))).toEqual(parsed.filter)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('words in quotes come back as they are, and their order does not matter', () => {
    const word = fc
      .string({ minLength: 1, maxLength: 50 })
      .filter((text) => text.isWellFormed() && !text.includes('\0'))
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 10 }), fc.boolean(), (words, isNegated) => {
        const quoted = words.map((text) => `"${text.replaceAll('"', '""')}"`)
        const sorted = [...new Set(words)].toSorted()
        const expected = { filter: { tag: isNegated ? { noneOf: sorted } : { anyOf: sorted } } }
        const sign = isNegated ? '!' : ''
        expect(parse({ tag: sign + quoted.join(',') })).toEqual(expected)
        expect(parse({ tag: sign + quoted.toReversed().join(' , ') })).toEqual(expected)
        if (!isNegated) expect(parse({ tag: words })).toEqual(expected)
      }),
    )
  })

  test('a number is itself, in a list and in a comparison', () => {
    fc.assert(
      fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (number) => {
        const expected = number + 0
        expect(parse({ attempts: String(number) })).toEqual({ filter: { attempts: { anyOf: [expected] } } })
        expect(parse({ attempts: `<${number}` })).toEqual({ filter: { attempts: { below: expected } } })
      }),
    )
  })

  test('a time before now is so long before now', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), fc.constantFrom('s', 'm', 'h', 'd'), (count, unit) => {
        const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit]
        const from = new Date(now.getTime() - count * unitMs).toISOString()
        expect(parse({ diedAt: `>=-${count}${unit}` })).toEqual({ filter: { diedAt: { from } } })
      }),
    )
  })
})
