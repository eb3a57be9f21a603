import { describe, expect, test } from '@jest/globals'
import { parseDrift } from './parse-drift.ts'
import { TopologyDriftError } from './topology-drift-error.ts'

const queue = { kind: 'queue', name: 'redrive.v1.high' } as const

function textOf(difference: string): string {
  return `Operation failed: QueueDeclare; 406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - inequivalent arg ${difference}"`
}

describe('the broker’s words about a drifted object', () => {
  test('text against text', () => {
    const text = textOf(
      `'x-overflow' for queue 'redrive.v1.high' in vhost '/': received 'reject-publish' but current is 'drop-head'`,
    )
    expect(parseDrift(queue, text)).toMatchObject({
      argument: 'x-overflow',
      expected: 'reject-publish',
      found: 'drop-head',
    })
  })

  test('typed values against none, in both directions', () => {
    const missing = textOf(
      `'x-delivery-limit' for queue 'redrive.v1.high' in vhost 'a': received the value '20' of type 'signedint' but current is none`,
    )
    const extra = textOf(
      `'x-message-ttl' for queue 'redrive.v1.high' in vhost 'a': received none but current is the value '60000' of type 'long'`,
    )
    expect(parseDrift(queue, missing)).toMatchObject({
      argument: 'x-delivery-limit',
      expected: '20',
      found: null,
    })
    expect(parseDrift(queue, extra)).toMatchObject({
      argument: 'x-message-ttl',
      expected: null,
      found: '60000',
    })
  })

  test('words that cannot be read are passed on as they are', () => {
    const brokerText = 'something new'
    const drift = parseDrift(queue, brokerText)
    expect(drift).toEqual({ ...queue, argument: null, expected: null, found: null })
    expect(new TopologyDriftError(drift, { brokerText }).message).toContain('RabbitMQ says: something new')
  })
})
