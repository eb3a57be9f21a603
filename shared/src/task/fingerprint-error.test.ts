import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { describeFault } from './describe-fault.ts'
import { fingerprintError } from './fingerprint-error.ts'
import type { TaskError } from './task-error.ts'

const fault = (message: string, file = '/srv/app/handlers/pay.ts', line = 10): TaskError => ({
  type: 'Error',
  message,
  stack: `Error: ${message}\n    at charge (${file}:${line}:5)\n    at node:internal/x:1:1`,
})

function expectOneFingerprint<T>(values: fc.Arbitrary<T>, make: (value: T) => TaskError): void {
  fc.assert(
    fc.property(values, values, (one, other) => {
      expect([make(one), fingerprintError(make(one))]).toEqual([make(one), fingerprintError(make(other))])
    }),
  )
}

const hex = fc.string({
  unit: fc.constantFrom(...Array.from('0123456789abcdef')),
  minLength: 16,
  maxLength: 40,
})
const instant = fc.date({ min: new Date(0), max: new Date('2099-01-01'), noInvalidDate: true })
const name = fc.stringMatching(/^[a-z ]{1,20}$/)
const segment = fc.stringMatching(/^[a-z][a-z0-9_-]{0,12}$/)

describe('the same fault', () => {
  test.each<[string, fc.Arbitrary<string>]>([
    ['a UUID', fc.uuid()],
    ['a ULID', fc.ulid()],
    ['hexadecimal digits', hex],
    [
      'base64',
      fc
        .uint8Array({ minLength: 48, maxLength: 90 })
        .map((bytes) => Buffer.from(bytes).toString('base64url')),
    ],
    ['an integer', fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map(String)],
    ['a decimal', fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)],
    [
      'an amount',
      fc
        .tuple(fc.nat(99_999), fc.constantFrom('ms', ' ms', 's', ' MB', 'kB', '%', ' seconds', ' bytes'))
        .map((parts) => parts.join('')),
    ],
    ['a number with a prefix', fc.tuple(fc.constant('order-'), fc.nat()).map((parts) => parts.join(''))],
    [
      'an IPv4 address',
      fc.tuple(fc.ipV4(), fc.constantFrom('', ':80', ':65535')).map((parts) => parts.join('')),
    ],
    ['an IPv6 address', fc.ipV6().filter((address) => !address.includes('.'))],
    ['a URL', fc.webUrl({ withQueryParameters: true }).filter((url) => !/['`]|[^\w/]$/.test(url))],
    ['an e-mail address', fc.tuple(segment, fc.domain()).map((parts) => parts.join('@'))],
    [
      'a text in quotes',
      fc
        .tuple(fc.constantFrom('""', "''", '``', '“”', '‘’', '«»'), name)
        .map(([q, text]) => `${q[0]}${text}${q[1]}`),
    ],
    ['a path', fc.array(segment, { minLength: 2, maxLength: 6 }).map((parts) => `/${parts.join('/')}`)],
    [
      'a path of Windows',
      fc.array(segment, { minLength: 1, maxLength: 6 }).map((parts) => `C:\\${parts.join('\\')}`),
    ],
    ['an instant', instant.map((at) => at.toISOString())],
    ['a date', instant.map((at) => at.toISOString().slice(0, 10))],
    ['a date in words', instant.map((at) => at.toUTCString())],
    [
      'a JSON object',
      fc
        .dictionary(fc.stringMatching(/^[b-d]{1,5}$/), fc.jsonValue(), { minKeys: 1 })
        .map((value) => JSON.stringify(value)),
    ],
    ['a list of numbers', fc.array(fc.nat(), { minLength: 1 }).map((all) => all.join(', '))],
  ])('with another %s has the same fingerprint', (_, values) => {
    expectOneFingerprint(values, (value) => fault(`cannot charge ${value} for the order`))
  })

  test('has the same fingerprint wherever it is installed, and in whatever line', () => {
    const place = fc.record({
      file: fc.constantFrom(
        '/srv/app/handlers/pay.ts',
        'file:///opt/release-81/dist/handlers/pay.js',
        'C:\\services\\worker\\handlers\\pay.js',
        'file:///srv/dist/pay-4f3a2b.js',
        '/srv/dist/pay.1a2b3c4d.mjs?t=99',
        '/srv/dist/pay-DvXyZabc.js',
      ),
      line: fc.integer({ min: 1, max: 9_999 }),
    })
    expectOneFingerprint(place, ({ file, line }) => fault('card refused', file, line))
  })

  test('has the same fingerprint whatever runs around it', () => {
    const around = fc.array(
      fc.constantFrom(
        '    at async Promise.all (index 3)',
        '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
        '    at Client.query (/srv/node_modules/pg/lib/client.js:1:2)',
        '    at runHandler (/app/services/worker/src/run-attempt.ts:40:9)',
        '    at <anonymous>',
        'at the end of the day',
      ),
      { maxLength: 5 },
    )
    expectOneFingerprint(fc.tuple(around, around), ([before, behind]) => ({
      type: 'Error',
      message: 'card refused',
      stack: [
        'Error: card refused',
        ...before,
        '    at async Object.charge [as run] (/srv/pay.ts:1:2)',
        ...behind,
      ].join('\n'),
    }))
  })

  test('is the same when its root cause names other values', () => {
    expectOneFingerprint(fc.ipV4(), (address) => ({
      type: 'TypeError',
      message: 'fetch failed',
      cause: { type: 'Error', message: `connect ECONNREFUSED ${address}:443`, code: 'ECONNREFUSED' },
    }))
  })
})

test('another type, word, code, function, file or cause is another fingerprint', () => {
  const base = fault('card refused')
  const caused = { ...base, cause: { type: 'Error', message: 'read ECONNRESET' } }
  const faults: TaskError[] = [
    base,
    { ...base, type: 'TypeError' },
    { ...base, message: 'card expired' },
    { ...base, message: 'status code 404' },
    { ...base, message: 'status code 503' },
    { ...base, code: 'E1' },
    { ...base, stack: base.stack!.replace('charge', 'refund') },
    { ...base, stack: base.stack!.replace('pay.ts', 'invoice.ts') },
    { type: 'Error', message: 'card refused' },
    caused,
    { ...base, cause: { type: 'Error', message: 'write EPIPE' } },
    { ...base, cause: { type: 'Error', message: 'read ECONNRESET', code: 'ECONNRESET' } },
  ]
  expect(new Set(faults.map(fingerprintError)).size).toBe(faults.length)
  expect(
    fingerprintError({ ...base, cause: { type: 'Error', message: 'between', cause: caused.cause } }),
  ).toBe(fingerprintError(caused))
})

test('different words make different fingerprints', () => {
  const words = fc.array(fc.constantFrom('card', 'order', 'refused', 'expired', 'by', 'the', 'bank'), {
    minLength: 1,
    maxLength: 6,
  })
  fc.assert(
    fc.property(words, words, (one, other) => {
      const prints = [one, other].map((all) => fingerprintError(fault(all.join(' '))))
      expect(prints[0] === prints[1]).toBe(one.join(' ') === other.join(' '))
    }),
  )
})

test('any error has a fingerprint of twelve digits and a title of one line', () => {
  const text = fc.string({ unit: 'binary', maxLength: 2_000 })
  const { error } = fc.letrec<{ error: TaskError }>((tie) => ({
    error: fc.record(
      { type: text, message: text, stack: text, code: text, cause: tie('error') },
      { requiredKeys: ['type', 'message'] },
    ) as fc.Arbitrary<TaskError>,
  }))
  fc.assert(
    fc.property(error, (one) => {
      const { fingerprint, title } = describeFault(one)
      expect(fingerprint).toMatch(/^[\da-f]{12}$/)
      expect(title.length).toBeLessThanOrEqual(300)
      expect(title).not.toMatch(/\n/)
      expect(title.isWellFormed()).toBe(true)
    }),
  )
})

test.each([
  ['order 81 of "Jane" is unknown\nsecond line', 'Error: order <number> of <text> is unknown'],
  ['', 'Error'],
])('the title of %j is %j', (message, title) => {
  expect(describeFault({ type: 'Error', message }).title).toBe(title)
})

test('the title names the root cause', () => {
  const cause = { type: 'Error', message: 'connect ECONNREFUSED 10.0.0.1:443' }
  expect(describeFault({ type: 'TypeError', message: 'fetch failed', cause }).title).toBe(
    'TypeError: fetch failed, caused by Error: connect ECONNREFUSED <address>',
  )
})
