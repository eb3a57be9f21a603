import { gzipSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { showBody } from './show-body.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

function show(body: string | Uint8Array, changes: Partial<Parameters<typeof showBody>[0]> = {}) {
  const received = { isTruncated: false, contentType: JSON_TYPE, contentEncoding: undefined }
  return showBody({ ...received, ...changes, body: typeof body === 'string' ? Buffer.from(body) : body })
}

test('JSON that is exact is shown as what it means', () => {
  const text = '{"a":[1,0.5,-3,"x",null,true],"b":{"c":900719925474099}}'
  expect(show(text)).toEqual({
    encoding: 'json',
    value: JSON.parse(text),
    isTruncated: false,
    bytes: text.length,
  })
  expect(show('[]', { contentType: 'application/problem+json' }).encoding).toBe('json')
})

test.each([
  ['a number that a double changes', '{"id":12345678901234567890}'],
  ['digits that a double drops', '[0.12345678901234567890]'],
  ['a number with an exponent', '[1e300]'],
  ['a character that Postgres refuses', '["\\u0000"]'],
  ['half of a surrogate pair', '["\\ud800"]'],
  ['a name with half of a pair', '{"\\udc00":1}'],
  ['a depth that Postgres refuses', '['.repeat(30_000) + ']'.repeat(30_000)],
  ['no JSON', '{"a":'],
])('%s leaves the text as it is', (_, text) => {
  expect(show(text)).toMatchObject({ encoding: 'utf8', value: text })
})

test('text of another type is text, and what was cut is text up to its last whole character', () => {
  expect(show('<p>', { contentType: 'text/html' })).toMatchObject({ encoding: 'utf8', value: '<p>' })
  expect(show('{}', { contentType: undefined })).toMatchObject({ encoding: 'utf8', value: '{}' })
  const cut = Buffer.from('"grün').subarray(0, 4)
  expect(show(cut, { isTruncated: true })).toMatchObject({
    encoding: 'utf8',
    value: '"gr',
    isTruncated: true,
  })
})

test('bytes that are no text, and compressed ones, are base64', () => {
  for (const bytes of [Buffer.from([0xff, 0xfe]), Buffer.from('a\u0000b'), Buffer.from('\u0001')]) {
    expect(show(bytes)).toMatchObject({ encoding: 'base64', value: bytes.toString('base64') })
  }
  const small = gzipSync(Buffer.alloc(1_000_000))
  expect(show(small, { contentEncoding: 'gzip' })).toMatchObject({ encoding: 'base64', bytes: small.length })
})

test('whatever the bytes are, what is shown fits into a result and loses nothing', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 2_000 }),
    fc.string({ unit: 'binary', maxLength: 2_000 }).map((text) => new TextEncoder().encode(text)),
    fc.json().map((text) => new TextEncoder().encode(text)),
  )
  fc.assert(
    fc.property(bytes, (body) => {
      const { encoding, value } = show(body)
      expect(JSON.stringify(value).length).toBeLessThanOrEqual(4 * body.length + 2)
      if (encoding === 'base64') expect(Buffer.from(String(value), 'base64').equals(body)).toBe(true)
      if (encoding === 'utf8') expect(Buffer.from(String(value)).equals(body)).toBe(true)
      if (encoding === 'json') expect(JSON.parse(Buffer.from(body).toString())).toEqual(value)
    }),
    { numRuns: 500 },
  )
})
