import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readDeath } from './read-death.ts'

const latest = {
  count: 2,
  reason: 'rejected',
  queue: 'redrive.v1.normal',
  time: { '!': 'timestamp', value: 1_700_000_000 },
  exchange: 'redrive.tasks',
  'routing-keys': ['redrive.v1.normal', 'copy'],
}
const first = {
  'x-first-death-queue': 'redrive.v1.low',
  'x-first-death-reason': 'expired',
  'x-first-death-exchange': 'redrive.tasks',
}

describe('the evidence of a death', () => {
  test('the latest entry of x-death is what counts', () => {
    const headers = { ...first, 'x-death': [latest, { ...latest, queue: 'earlier' }] }

    expect(readDeath(headers)).toMatchObject({
      queue: 'redrive.v1.normal',
      exchange: 'redrive.tasks',
      routingKey: 'redrive.v1.normal',
      reason: 'rejected',
      count: 2,
      time: '2023-11-14T22:13:20.000Z',
    })
  })

  test('without x-death, the headers of the first death do', () => {
    expect(readDeath(first)).toEqual({
      queue: 'redrive.v1.low',
      exchange: 'redrive.tasks',
      routingKey: null,
      reason: 'expired',
      count: null,
      time: null,
      headers: first,
    })
  })

  test('a message that never died has none', () => {
    expect(readDeath({})).toBeNull()
    expect(readDeath({ 'x-delivery-count': 3 })).toBeNull()
  })

  test('what was forged is left out, and the rest is kept', () => {
    const forged = { ...latest, count: -1, reason: 7, time: 'yesterday', 'routing-keys': 'one' }

    expect(readDeath({ 'x-death': [forged] })).toMatchObject({
      queue: 'redrive.v1.normal',
      reason: null,
      count: null,
      time: null,
      routingKey: null,
    })
    expect(readDeath({ 'x-death': 'yes' })).toBeNull()
    expect(readDeath({ 'x-death': [null] })).toBeNull()
  })

  test('types that JSON lacks become text, and what is too large is cut', () => {
    const death = readDeath({
      'x-death': [latest],
      bytes: Buffer.from([0, 255]),
      at: { '!': 'timestamp', value: 0 },
      price: { '!': 'decimal', value: { places: 2, digits: 1_999 } },
      never: { '!': 'timestamp', value: 2 ** 63 },
      huge: 2 ** 62,
      none: Number.NaN,
      nul: 'a\u0000b',
      long: `${'x'.repeat(1_999)}\u{1F600}`,
      deep: { a: { a: { a: { a: { a: { a: 1 } } } } } },
    })

    expect(death?.headers).toMatchObject({
      bytes: 'AP8=',
      at: '1970-01-01T00:00:00.000Z',
      price: '1999e-2',
      huge: 2 ** 62,
      none: 'NaN',
      nul: 'a\uFFFDb',
      deep: { a: { a: { a: { a: { a: '…' } } } } },
    })
    expect(death?.headers['long']).toBe(`${'x'.repeat(1_999)}\uFFFD`)
  })

  test('whatever the headers are, the result survives JSON and has nothing that jsonb refuses', () => {
    const anyHeaders = fc.dictionary(
      fc.string({ unit: 'binary' }),
      fc.anything({ withBigInt: true, withDate: true }),
    )
    fc.assert(
      fc.property(anyHeaders, fc.anything(), (headers, death) => {
        const texts: string[] = []
        const carried: unknown = JSON.parse(
          JSON.stringify(readDeath({ ...headers, ...first, 'x-death': death })),
          (key, value: unknown) => {
            texts.push(key, typeof value === 'string' ? value : '')
            return value
          },
        )
        expect(carried).not.toBeNull()
        expect(texts.filter((text) => !text.isWellFormed() || text.includes('\u0000'))).toEqual([])
      }),
    )
  })
})
