import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { encodeTicket, parseTicket } from './ticket.ts'

test('every ticket is read as it was written', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: 1, max: 2 ** 31 - 1 }), (taskId, number) => {
      expect(parseTicket(encodeTicket({ taskId, number }))).toEqual({ ticket: { taskId, number } })
    }),
  )
})

test('no bytes make the reader throw', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 2_000 }),
      (bytes) => typeof parseTicket(Buffer.from(bytes)) === 'object',
    ),
  )
  fc.assert(fc.property(fc.json(), (text) => !('ticket' in parseTicket(Buffer.from(text)))))
})

const id = '019ab0de-0000-7000-8000-000000000000'

test.each([
  ['', 'not_json'],
  ['hello', 'not_json'],
  ['{"taskId":', 'not_json'],
  ['[]', 'not_a_ticket'],
  ['null', 'not_a_ticket'],
  ['{}', 'not_a_ticket'],
  [`{"taskId":"${id}"}`, 'not_a_ticket'],
  [`{"taskId":"${id}","number":0}`, 'not_a_ticket'],
  [`{"taskId":"${id}","number":1.5}`, 'not_a_ticket'],
  [`{"taskId":"${id}","number":"1"}`, 'not_a_ticket'],
  [`{"taskId":"${id}","number":2147483648}`, 'not_a_ticket'],
  [`{"taskId":"x","number":1}`, 'not_a_ticket'],
  [`{"taskId":"${id}","number":1,"extra":true}`, 'not_a_ticket'],
])('%s is %s', (body, problem) => {
  expect(parseTicket(Buffer.from(body))).toMatchObject({ problem })
})
