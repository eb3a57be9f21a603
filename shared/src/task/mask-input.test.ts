import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { keepMasked } from './keep-masked.ts'
import { maskInput } from './mask-input.ts'
import { maskError, secretsOf } from './mask-text.ts'
import { explainBadPaths, isSensitivePath, MASK } from './sensitive-path.ts'

const names = fc.constantFrom('a', 'b', 'c', '0', '1', '__proto__', 'card')
const input = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.jsonValue(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(names, tie('value')), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs)),
  ),
})).value
const path = fc
  .array(fc.oneof(names, fc.constant('*')), { minLength: 1, maxLength: 4 })
  .map((steps) => steps.join('.'))
const paths = fc.array(path, { maxLength: 4 })

describe('a masked input', () => {
  test('hides what the paths name, and nothing else', () => {
    const patients = [{ name: 'Ada', ward: 3 }, { name: 'Ben' }, 'odd', null]
    const order = { card: { number: '4111', kind: 'visa' }, patients, total: 3 }
    expect(maskInput(order, ['card.number', 'patients.*.name', 'nothing.here'])).toEqual({
      card: { number: MASK, kind: 'visa' },
      patients: [{ name: MASK, ward: 3 }, { name: MASK }, 'odd', null],
      total: 3,
    })
  })

  test.each([
    ['a.b', { a: [{ b: 1 }, [{ b: 2 }]] }, { a: [{ b: MASK }, [{ b: MASK }]] }],
    ['a.*', { a: { x: 1, y: [2] } }, { a: { x: MASK, y: MASK } }],
    ['a.1', { a: ['x', 'y'] }, { a: ['x', MASK] }],
    ['*', { a: 1, b: null }, { a: MASK, b: MASK }],
    ['a', { a: { b: 1 } }, { a: MASK }],
    ['a', 'text', 'text'],
    ['a.b.c', { a: 1 }, { a: 1 }],
  ])('by the path %s of %j is %j', (one, from, masked) => {
    expect(maskInput(from, [one])).toEqual(masked)
  })

  test('is the input itself where no path leads anywhere, and masking it again changes nothing', () => {
    fc.assert(
      fc.property(input, paths, (value, some) => {
        expect(maskInput(value, [])).toBe(value)
        const masked = maskInput(value, some)
        expect(maskInput(masked, some)).toEqual(masked)
        expect(JSON.stringify(maskInput(value, ['absent.field', 'absent.*']))).toBe(JSON.stringify(value))
      }),
    )
  })

  test('differs from the input only at sensitive paths', () => {
    fc.assert(
      fc.property(input, paths, (value, some) => {
        for (const place of differences(value, maskInput(value, some), [])) {
          expect(isSensitivePath(some, place.join('.'))).toBe(true)
        }
      }),
    )
  })

  test('becomes the whole input again when it is sent back as it was shown', () => {
    fc.assert(
      fc.property(input, paths, (value, some) => {
        const { input: kept, unknown } = keepMasked(maskInput(value, some), value, some)
        expect(unknown).toEqual([])
        expect(kept).toEqual(value)
      }),
    )
  })

  test('leaves the texts of an input that is not hostile, and throws for none', () => {
    const cyclic: Record<string, unknown> = {}
    cyclic['a'] = [cyclic]
    const deep = JSON.parse(`${'['.repeat(3_000)}1${']'.repeat(3_000)}`) as unknown
    for (const hostile of [cyclic, deep, undefined, null, Symbol('s'), () => 1]) {
      expect(() => maskInput(hostile, ['a.b', '*.*', 'a'])).not.toThrow()
      expect(() => secretsOf(hostile, ['a.b', '*.*', 'a'])).not.toThrow()
    }
  })
})

describe('an edited input', () => {
  const original = { card: { number: '4111' }, patients: [{ name: 'Ada' }] }
  const sensitive = ['card.number', 'patients.*.name']

  test('keeps what it masks, and replaces what it states', () => {
    const edited = { card: { number: MASK }, patients: [{ name: 'Eve', ward: 2 }], extra: true }
    expect(keepMasked(edited, original, sensitive)).toEqual({
      input: { card: { number: '4111' }, patients: [{ name: 'Eve', ward: 2 }], extra: true },
      unknown: [],
    })
  })

  test('says where a mask hides nothing', () => {
    const edited = { patients: [{ name: MASK }, { name: MASK }], note: MASK }
    expect(keepMasked(edited, original, sensitive).unknown).toEqual(['/patients/1/name'])
  })
})

test('an error loses the sensitive values of its input, in its causes too, and keeps short words', () => {
  const secrets = secretsOf({ card: { number: 4_111_111_111, holder: 'Ada Lovelace' }, pin: '42' }, [
    'card',
    'pin',
  ])
  const cause = { type: 'Error', message: 'card of Ada Lovelace' }
  const error = {
    type: 'Error',
    message: 'no 4111111111, 42 tries',
    stack: 'Error: 4111111111\n at x',
    cause,
  }
  expect(maskError(error, secrets)).toEqual({
    type: 'Error',
    message: `no ${MASK}, 42 tries`,
    stack: `Error: ${MASK}\n at x`,
    cause: { type: 'Error', message: `card of ${MASK}` },
  })
})

test.each([
  ['patients.*.name', 'patients.0.name', true],
  ['patients.*.name', 'patients.name', true],
  ['patients.*.name', 'patients[0].name', true],
  ['patients.*.name', 'patients', true],
  ['patients.*.name', 'patients.*.name.first', true],
  ['patients.*.name', 'patients.0.ward', false],
  ['patients.*.name', 'country', false],
  ['card', 'card.number', true],
  ['card.number', '*.number', true],
  ['lines.name', 'lines.3.name', true],
  ['a.0', 'a', true],
  ['card.number', 'card.numbers', false],
])('of %s, a search by %s is sensitive: %s', (sensitive, asked, expected) => {
  expect(isSensitivePath([sensitive], asked)).toBe(expected)
})

test.each([
  [['card.number', 'patients.*.name', '*', 'a-b.c_d.0'], null],
  [[], null],
  ['card', 'must be a list'],
  [['card..number'], '"card..number"'],
  [[''], '""'],
  [['card.num*'], '"card.num*"'],
  [['card number'], '"card number"'],
  [[7], '7'],
  [[Array.from({ length: 21 }, () => 'a').join('.')], 'at most 20'],
  [Array.from({ length: 51 }, (_, index) => `a${index}`), 'may name 50'],
])('of the sensitive paths %j it is said: %s', (given, said) => {
  const explained = explainBadPaths(given)
  if (said === null) expect(explained).toBeNull()
  else expect(explained).toContain(said)
})

function differences(one: unknown, other: unknown, place: string[]): string[][] {
  if (JSON.stringify(one) === JSON.stringify(other)) return []
  const areBothOpen = [one, other].every((value) => typeof value === 'object' && value !== null)
  if (!areBothOpen || Array.isArray(one) !== Array.isArray(other)) return [place]
  return Object.keys(one as object).flatMap((name) =>
    differences(Reflect.get(one as object, name), Reflect.get(other as object, name), [...place, name]),
  )
}
