import { expect, test } from '@jest/globals'
import { z } from 'zod'
import { leadsSomewhere } from './leads-somewhere.ts'

const node = z.strictObject({
  name: z.string(),
  get children() {
    return z.array(node)
  },
})

const input = z.strictObject({
  card: z.object({ number: z.string() }).optional(),
  patients: z.array(z.object({ name: z.string(), ward: z.int() })),
  byName: z.record(z.string(), z.object({ ssn: z.string() })),
  payment: z.union([z.object({ iban: z.string() }), z.object({ cash: z.boolean() })]),
  pair: z.tuple([z.string(), z.object({ pin: z.string() })]),
  anything: z.any(),
  loose: z.looseObject({ a: z.string() }),
  tree: node,
})
const schema = z.toJSONSchema(input, { io: 'input' }) as Record<string, unknown>

test.each([
  'card',
  'card.number',
  'patients.*.name',
  'patients.name',
  'patients.0.name',
  'byName.*.ssn',
  'byName.ada.ssn',
  'payment.iban',
  'payment.cash',
  'pair.1.pin',
  'anything.at.all',
  'loose.other',
  'tree.children.*.children.*.name',
  '*',
  '*.number',
])('%s leads to something', (path) => {
  expect(leadsSomewhere(schema, path)).toBe(true)
})

test.each([
  'crad',
  'card.numbr',
  'card.number.last',
  'patients.*.nam',
  'patients.*.name.*',
  'payment.card',
  'tree.children.*.nam',
  'byName.*.snn',
])('%s leads nowhere', (path) => {
  expect(leadsSomewhere(schema, path)).toBe(false)
})

test('in a schema that says nothing, every path may lead somewhere', () => {
  expect(leadsSomewhere({}, 'a.b')).toBe(true)
  expect(leadsSomewhere({ $ref: 'https://example.com/other' }, 'a.b')).toBe(true)
  expect(leadsSomewhere({ $ref: '#' }, 'a.b')).toBe(true)
})
