import { expect, test } from '@jest/globals'
import { httpRequestInput } from './http-request-input.ts'

const url = 'https://example.com/hooks'

test.each([
  [{ url }],
  [{ url, method: 'DELETE' }],
  [{ url, body: { a: 1 } }],
  [{ url, body: null, method: 'GET' }],
  [{ url, body: 'text', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }],
  [{ url, body: [1], headers: { 'content-type': 'application/vnd.api+json' } }],
  [{ url, headers: { Authorization: 'Bearer x', 'webhook-id': 'mine' } }],
  [{ url: 'HTTPS://EXAMPLE.com', sign: true, timeoutMs: 100 }],
])('%j is accepted', (input) => {
  expect(httpRequestInput.safeParse(input).error?.issues ?? []).toEqual([])
})

test.each([
  [{}, 'url'],
  [{ url: 'example.com' }, 'url'],
  [{ url: 'ftp://example.com' }, 'url'],
  [{ url: 'https://exa mple.com' }, 'url'],
  [{ url: 'https://example.com:99999' }, 'url'],
  [{ url: `https://example.com/${'a'.repeat(2_048)}` }, 'url'],
  [{ url, method: 'CONNECT' }, 'method'],
  [{ url, method: 'get' }, 'method'],
  [{ url, method: 'GET', body: 'x' }, 'body'],
  [{ url, method: 'HEAD', body: {} }, 'body'],
  [{ url, body: {}, headers: { 'content-type': 'text/csv' } }, 'body'],
  [{ url, headers: { Host: 'other' } }, 'headers.Host'],
  [{ url, headers: { 'Content-Length': '3' } }, 'headers.Content-Length'],
  [{ url, headers: { 'transfer-encoding': 'chunked' } }, 'headers.transfer-encoding'],
  [{ url, headers: { Connection: 'close' } }, 'headers.Connection'],
  [{ url, headers: { 'a b': 'x' } }, 'headers.a b'],
  [{ url, headers: { a: 'x\r\nb: y' } }, 'headers.a'],
  [{ url, headers: { a: 'x\n' } }, 'headers.a'],
  [{ url, headers: { a: '€' } }, 'headers.a'],
  [{ url, headers: { a: 1 } }, 'headers.a'],
  [{ url, headers: { a: 'x', A: 'y' } }, 'headers.A'],
  [{ url, sign: true, headers: { 'Webhook-Id': 'x' } }, 'headers.Webhook-Id'],
  [{ url, sign: 'yes' }, 'sign'],
  [{ url, timeoutMs: 99 }, 'timeoutMs'],
  [{ url, timeoutMs: 600_001 }, 'timeoutMs'],
  [{ url, timeout: 5 }, ''],
])('%j is refused by the name of its field', (input, path) => {
  const issues = httpRequestInput.safeParse(input).error?.issues ?? []
  expect(issues.map((issue) => issue.path.join('.'))).toContain(path)
})
