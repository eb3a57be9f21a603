import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fingerprintError } from './fingerprint-error.ts'

const fault = (message: string, line = 10) => ({
  type: 'Error',
  message,
  stack: `Error: ${message}\n    at charge (/srv/app-${line}/handlers/pay.ts:${line}:5)\n    at node:internal/x:1:1`,
})

test('the same fault with other ids, numbers, texts, addresses and lines has the same fingerprint', () => {
  const variant = fc.record({
    id: fc.uuid(),
    count: fc.integer(),
    name: fc.stringMatching(/^[a-z ]{1,20}$/),
    line: fc.integer({ min: 1, max: 9_999 }),
  })
  const message = ({ id, count, name }: { id: string; count: number; name: string }) =>
    `order ${id} of "${name}" has ${count} items, from 10.0.0.${Math.abs(count) % 256}:443`
  fc.assert(
    fc.property(variant, variant, (one, other) => {
      expect(fingerprintError(fault(message(one), one.line))).toBe(
        fingerprintError(fault(message(other), other.line)),
      )
    }),
  )
})

test('another type, message, code or place is another fingerprint', () => {
  const base = fault('card refused')
  const prints = [
    base,
    { ...base, type: 'TypeError' },
    { ...base, message: 'card expired' },
    { ...base, code: 'E1' },
    { ...base, stack: base.stack.replace('charge', 'refund') },
  ].map(fingerprintError)
  expect(new Set(prints).size).toBe(prints.length)
})
