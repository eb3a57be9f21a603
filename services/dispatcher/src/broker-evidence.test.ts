import { expect, test } from '@jest/globals'
import { brokerEvidence } from './broker-evidence.ts'

const delivery = { headers: {}, exchange: 'redrive.dead', routingKey: 'somewhere' }

test('a message without a death has only its way to the error queue', () => {
  expect(brokerEvidence({ ...delivery, headers: { answer: 42 } })).toEqual({
    queue: null,
    exchange: 'redrive.dead',
    routingKey: 'somewhere',
    reason: null,
    count: null,
    time: null,
    headers: { answer: 42 },
  })
})

test('a death is told by the broker’s own words', () => {
  const death = { queue: 'q', exchange: 'e', 'routing-keys': ['k'], reason: 'expired', count: 2 }
  expect(brokerEvidence({ ...delivery, headers: { 'x-death': [death] } })).toMatchObject({
    queue: 'q',
    exchange: 'e',
    routingKey: 'k',
    reason: 'expired',
    count: 2,
  })
})

test('headers beyond 64 KiB are left out, and it says so', () => {
  const headers = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [`h${index}`, 'x'.repeat(1_900)]),
  )
  const { headers: kept } = brokerEvidence({ ...delivery, headers })
  expect(Object.keys(kept)).toEqual(['redrive-note'])
})
