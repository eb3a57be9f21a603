import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { normaliseMessage } from './normalise-message.ts'

const ZOD = JSON.stringify(
  [
    {
      code: 'invalid_type',
      expected: 'string',
      path: ['items', 3, 'price'],
      message: 'Invalid input: expected string, received undefined',
    },
  ],
  null,
  2,
)

describe('messages as databases, networks, clients and handlers write them', () => {
  test.each([
    // Postgres
    [
      'duplicate key value violates unique constraint "users_email_key"',
      'duplicate key value violates unique constraint <text>',
    ],
    ['invalid input syntax for type uuid: "abc-1"', 'invalid input syntax for type uuid: <text>'],
    ['relation "invoices_2024" does not exist', 'relation <text> does not exist'],
    ['deadlock detected', 'deadlock detected'],
    ['canceling statement due to statement timeout', 'canceling statement due to statement timeout'],
    [
      'E11000 duplicate key error index: email_1 dup key: { email: "a@b.c" }',
      'E11000 duplicate key error index: email_<number> dup key: { email: <text> }',
    ],
    // Node
    ['connect ECONNREFUSED 127.0.0.1:5432', 'connect ECONNREFUSED <address>'],
    ['connect ECONNREFUSED ::1:5432', 'connect ECONNREFUSED <address>'],
    ['connect ETIMEDOUT [2001:db8::8a2e:370:7334]:443', 'connect ETIMEDOUT <address>'],
    ['getaddrinfo ENOTFOUND api.partner.example', 'getaddrinfo ENOTFOUND <address>'],
    ['getaddrinfo EAI_AGAIN redis', 'getaddrinfo EAI_AGAIN <address>'],
    [
      "ENOENT: no such file or directory, open '/var/data/report-81.csv'",
      'ENOENT: no such file or directory, open <text>',
    ],
    ['EMFILE: too many open files, watch', 'EMFILE: too many open files, watch'],
    ['read ECONNRESET', 'read ECONNRESET'],
    [
      "Cannot read properties of undefined (reading 'total')",
      'Cannot read properties of undefined (reading <text>)',
    ],
    [
      'getCustomerInvoicesByTenantIdAndDate is not a function',
      'getCustomerInvoicesByTenantIdAndDate is not a function',
    ],
    ['Unexpected token < in JSON at position 817', 'Unexpected token < in JSON at position <number>'],
    // HTTP clients
    ['Request failed with status code 404', 'Request failed with status code 404'],
    ['Request failed with status code 503', 'Request failed with status code 503'],
    ['timeout of 5000ms exceeded', 'timeout of <number> exceeded'],
    ['HTTP 502 from https://api.partner.example/v1/orders/81?x=1', 'HTTP 502 from <url>'],
    [
      'POST https://hooks.example/orders/7 was answered by 503 Service Unavailable: "x{[ {"',
      'POST <url> was answered by 503 Service Unavailable: <text>',
    ],
    ['socket hang up', 'socket hang up'],
    ['POST /api/v1/orders/81/items failed', 'POST <path> failed'],
    // Validators and services
    [
      ZOD,
      '{code: invalid_type, message: Invalid input: expected string, received undefined, path: items.<number>.price}',
    ],
    [
      '400 {"error":{"code":"card_declined","message":"Your card was declined.","type":"card_error"}}',
      '<number> {code: card_declined, type: card_error, message: Your card was declined.}',
    ],
    ['Invalid payload: {"id": 5, "name": "x", "message": "hi"}', 'Invalid payload: <json>'],
    ["No such customer: 'cus_NffrFeUfNV2Hib'", 'No such customer: <text>'],
    ['No such invoice: in_1MtHbELkdIwHu7ixl4OzzPMv', 'No such invoice: <id>'],
    [
      'The specified key does not exist. RequestId: 4442587FB7D0A2F9',
      'The specified key does not exist. RequestId: <id>',
    ],
    [
      'User arn:aws:iam::123456789012:user/jane may not do s3:GetObject',
      'User <path> may not do s3:GetObject',
    ],
    // Ids, numbers, times
    [
      'order 8f14e45f-ceea-467f-9c5d-1f1f2f3f4f5f of tenant acme-12 is paid',
      'order <id> of tenant acme-<number> is paid',
    ],
    ['task 01ARZ3NDEKTSV4RRFFQ69G5FAV not found', 'task <id> not found'],
    ['token V1StGXR8_Z5jdHi6B-myT expired at 2026-03-01T09:30:00.000Z', 'token <id> expired at <time>'],
    ['block 0xdeadbeef12 has checksum d41d8cd98f00b204e9800998ecf8427e', 'block <id> has checksum <id>'],
    ['value 1.5e-7 out of range [0, 1,234,567.89]', 'value <number> out of range [<number>, …]'],
    ['memory 512 MB of 1.5GiB used (34%)', 'memory <number> of <number> used (<number>)'],
    ['ids 1, 2, 3 and 4 not found', 'ids <number>, … and <number> not found'],
    ['not before 03/12/2026 or 12:30:15', 'not before <time> or <time>'],
    // People, files, words
    [
      'mail to jane.doe+test@mail.example.com bounced on Tue, 03 Mar 2026 10:00:00 GMT',
      'mail to <email> bounced on <time>',
    ],
    ['C:\\Users\\jane\\AppData\\file.txt is locked', '<path> is locked'],
    ['cannot write \\\\server\\share\\a.csv', 'cannot write <path>'],
    ['failed at src/handlers/pay.ts:12:5', 'failed at <path>'],
    [
      "It's not possible, can't do 'that's it' with “curly” or ‘single’",
      "It's not possible, can't do <text> with <text> or <text>",
    ],
    ['Der Kunde „Müller“ hat keine Adresse in Zürich', 'Der Kunde <text> hat keine Adresse in Zürich'],
    [
      'utf8 over ipv6 and http2, and/or application/json in s3',
      'utf8 over ipv6 and http2, and/or application/json in s3',
    ],
    ['', ''],
  ])('%j is %j', (message, normal) => {
    expect(normaliseMessage(message)).toBe(normal)
  })
})

test('any text is normalised, before the reader loses patience', () => {
  const anything = fc.oneof(
    fc.string({ maxLength: 5_000 }),
    fc.string({
      unit: fc.constantFrom(...Array.from(`{["'/\\.:-_a1@<> `)),
      maxLength: 5_000,
      minLength: 1_000,
    }),
    fc
      .tuple(fc.string({ minLength: 1, maxLength: 4 }), fc.nat(2_000))
      .map(([part, times]) => part.repeat(times)),
  )
  // An expression that backtracks without bound would take longer than the test may.
  fc.assert(fc.property(anything, (text) => typeof normaliseMessage(text) === 'string'))
})
