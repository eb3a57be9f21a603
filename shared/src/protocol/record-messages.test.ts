import { describe, expect, test } from '@jest/globals'
import type { BrokerDeath } from '../broker/index.ts'
import type { ForeignMessage } from '../database/index.ts'
import { encodeTicket, standingKey } from '../task/index.ts'
import { playFlow } from '../testing/play-flow.ts'
import { recordMessages, recordUnsorted } from './record-messages.ts'

const taskId = '019aa000-0000-7000-8000-000000000001'
const evidence: BrokerDeath = {
  queue: 'redrive.v1.normal',
  exchange: null,
  routingKey: null,
  reason: 'rejected',
  count: 1,
  time: null,
  headers: {},
}

const recording = {
  describeForeign: ({
    id,
    reason,
    detail,
    delivery,
  }: {
    id: string
    reason: string
    detail: string
    delivery: { body: Buffer }
  }) =>
    ({
      id,
      digest: delivery.body.toString(),
      reason,
      error: { type: 'ForeignMessage', message: detail },
      broker: { queue: null, routingKey: null },
      raw: delivery.body,
    }) as unknown as ForeignMessage,
  sources: { newId: () => 'id' },
}

function message(body: Buffer) {
  return { delivery: { body, messageId: null, contentType: null }, evidence }
}

function known(number: number, standing: object = {}) {
  const open = {
    taskId,
    ended: null,
    number,
    isRunning: false,
    isDue: true,
    isExpired: false,
    deadLetter: null,
  }
  return [standingKey({ taskId, number }), { ...open, type: 'math.add', ...standing }] as const
}

const ticketOf = (number: number) => message(encodeTicket({ taskId, number }))
const CARRIED = { ended: 'failed', deadLetter: 'carried' }

describe('a message of the error queue', () => {
  test('is acknowledged last, after its dead letter is open', () => {
    const { told } = playFlow(recordMessages([ticketOf(3)], recording), {
      readStandings: new Map([known(3, CARRIED)]),
      openDeadLetters: [{ id: 'd', taskId, type: 'math.add', reason: 'permanent_error' }],
    })
    expect(told).toEqual([
      'record.received',
      'readStandings',
      'openDeadLetters',
      'dead_letter.recorded',
      'record.committed',
      'acknowledge',
    ])
  })

  test('that is a bystander’s ticket is acknowledged after the task was given back', () => {
    const { told } = playFlow(recordMessages([ticketOf(3)], recording), {
      readStandings: new Map([known(3)]),
      returnBystanders: new Set([taskId]),
    })
    expect(told.slice(2)).toEqual(['returnBystanders', 'task.returned', 'record.committed', 'acknowledge'])
  })

  test('that is no ticket is acknowledged after its bytes are kept', () => {
    const { told } = playFlow(recordMessages([message(Buffer.from('hello'))], recording), {
      readStandings: new Map(),
      keepForeignMessages: new Set(['hello']),
    })
    expect(told.slice(2)).toEqual([
      'keepForeignMessages',
      'dead_letter.foreign',
      'record.committed',
      'acknowledge',
    ])
  })

  test('that means nothing any more is acknowledged, and nothing is written', () => {
    const { told } = playFlow(recordMessages([ticketOf(3)], recording), {
      readStandings: new Map([known(3, { ended: 'failed', deadLetter: 'redriven' })]),
    })
    expect(told.slice(2)).toEqual(['ticket.void', 'record.committed', 'acknowledge'])
  })

  test.each([
    ['readStandings', ticketOf(3), {}],
    ['openDeadLetters', ticketOf(3), CARRIED],
    ['returnBystanders', ticketOf(3), {}],
    ['keepForeignMessages', message(Buffer.from('hello')), {}],
  ])('is never acknowledged while %s has no answer', (statement, arrived, standing) => {
    const gone = new Error('gone')
    const { told, error } = playFlow(recordMessages([arrived], recording), {
      readStandings: new Map([known(3, standing)]),
      [statement]: gone,
    })
    expect(error).toBe(gone)
    expect(told).not.toContain('acknowledge')
  })
})

test('every message of a batch is acknowledged, and equal tickets are written once', () => {
  const { told, effects } = playFlow(recordMessages([ticketOf(3), ticketOf(3)], recording), {
    readStandings: new Map([known(3, CARRIED)]),
    openDeadLetters: [],
  })
  expect(told.filter((word) => word === 'acknowledge')).toHaveLength(2)
  const opening = effects.find((effect) => effect.do === 'ask' && effect.statement === 'openDeadLetters')
  expect(opening).toMatchObject({ args: [[{ taskId, number: 3 }]] })
})

test('of several numbers of one task only the highest decides', () => {
  const { effects } = playFlow(recordMessages([ticketOf(5), ticketOf(4)], recording), {
    // The ledger went back to 3.
    readStandings: new Map([4, 5].map((number) => [standingKey({ taskId, number }), known(3)[1]])),
    returnBystanders: new Set([taskId]),
  })
  const giving = effects.find((effect) => effect.do === 'ask' && effect.statement === 'returnBystanders')
  expect(giving).toMatchObject({ args: [[{ taskId, number: 5 }]] })
})

test('what the ledger refuses in any other form is kept as foreign before it is acknowledged', () => {
  const { told } = playFlow(recordUnsorted(ticketOf(3), recording), { keepForeignMessages: new Set() })
  expect(told).toEqual(['keepForeignMessages', 'acknowledge'])
})
