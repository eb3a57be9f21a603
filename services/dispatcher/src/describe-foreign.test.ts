import { expect, test } from '@jest/globals'
import type { BrokerDeath } from '@redrive/shared/broker'
import { describeForeign } from './describe-foreign.ts'

const evidence: BrokerDeath = {
  queue: 'redrive.v1.low',
  exchange: 'redrive.tasks',
  routingKey: 'redrive.v1.low',
  reason: 'rejected',
  count: 1,
  time: '2026-01-01T00:00:00.000Z',
  headers: {},
}

function describe({
  body = 'hello',
  messageId = 'm' as string | null,
  death = {} as Partial<BrokerDeath>,
} = {}) {
  return describeForeign({
    id: '019aa000-0000-7000-8000-000000000002',
    delivery: { body: Buffer.from(body), messageId, contentType: 'text/plain\u0000' },
    evidence: { ...evidence, ...death },
    reason: 'not_json',
    detail: 'unexpected \u0000 at the start',
  })
}

test('it has the bytes, the lane it died in, and words without what the ledger cannot store', () => {
  const foreign = describe()
  expect(foreign).toMatchObject({
    lane: 'low',
    raw: Buffer.from('hello'),
    rawContentType: 'text/plain\uFFFD',
  })
  expect(foreign.error).toEqual({
    type: 'ForeignMessage',
    message: 'The message is not JSON: unexpected \uFFFD at the start.',
  })
  expect(foreign.decision).toBe(
    'It died in the queue redrive.v1.low and belongs to no task, so nothing was run. Its bytes are kept as they came.',
  )
  expect(describe({ death: { queue: null } })).toMatchObject({ lane: null })
  expect(describe({ death: { queue: 'another' } })).toMatchObject({ lane: null })
})

test('its digest is the same for the same message and death, and another for any other', () => {
  const digests = [
    describe(),
    describe({ body: 'hello!' }),
    describe({ messageId: null }),
    describe({ messageId: 'n' }),
    describe({ death: { queue: 'another' } }),
    describe({ death: { reason: 'expired' } }),
    describe({ death: { count: 2 } }),
    describe({ death: { time: '2026-01-01T00:00:01.000Z' } }),
    describe({ body: 'hellom', messageId: '' }),
  ].map((foreign) => foreign.digest)
  expect(new Set(digests).size).toBe(digests.length)
  expect(describe().digest).toBe(describe({ death: { headers: { 'x-other': 1 } } }).digest)
})
