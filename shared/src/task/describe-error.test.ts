import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { describeError } from './describe-error.ts'

test('an error keeps its type, message, stack, code and causes', () => {
  const cause = new TypeError('inner')
  const error = Object.assign(new RangeError('outer', { cause }), { code: 'E_RANGE' })
  expect(describeError(error)).toEqual({
    type: 'RangeError',
    message: 'outer',
    stack: error.stack,
    code: 'E_RANGE',
    cause: { type: 'TypeError', message: 'inner', stack: cause.stack },
  })
})

test('whatever is thrown is described, stored as JSON, and bounded', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (thrown) => {
      const text = JSON.stringify(describeError(thrown))
      expect(text.length).toBeLessThan(200_000)
      expect(text).not.toContain('\\u0000')
    }),
  )
})

test('hostile objects are described too', () => {
  const cyclic: Error & { cause?: unknown } = new Error('cyclic')
  cyclic.cause = cyclic
  const trap = new Proxy(
    {},
    {
      get: () => {
        throw new Error('no')
      },
    },
  )
  for (const thrown of [
    cyclic,
    trap,
    Object.create(null),
    Symbol('s'),
    12n,
    undefined,
    null,
    'text\u0000\ud800',
  ]) {
    expect(describeError(thrown).type.length).toBeGreaterThan(0)
  }
  expect(describeError('x'.repeat(1_000_000)).message.length).toBeLessThan(5_000)
})
