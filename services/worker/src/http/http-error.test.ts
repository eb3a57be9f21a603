import { expect, test } from '@jest/globals'
import { describeError, describeFault } from '@redrive/shared/task'
import fc from 'fast-check'
import { errorOfAnswer, errorOfSilence, errorOfTimeout } from './http-error.ts'

const asked = { method: 'POST', url: new URL('https://hooks.example/orders/7?token=hidden') }

const answer = (status: number, body: string, headers = {}) => ({
  status,
  headers,
  body: Buffer.from(body),
  isTruncated: false,
})
/** By its words alone: where a test makes an error is not where the worker does. */
function faultOf(error: Error): string {
  const { stack: _, ...described } = describeError(error)
  return describeFault(described).fingerprint
}

test('whatever the body is, the fault is the same, and the message is bounded and told without the query', () => {
  const empty = faultOf(errorOfAnswer(asked, answer(503, '"')))
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 2_000 }), (body) => {
      const error = errorOfAnswer(asked, answer(503, `x${body}`))
      expect(error.message.length).toBeLessThan(400)
      expect(error.message).toMatch(
        /^POST https:\/\/hooks\.example\/orders\/7 was answered by 503 Service Unavailable: "[^"\\]*"$/,
      )
      expect(error.message).not.toContain('token')
      expect(faultOf(error)).toBe(empty)
    }),
  )
})

test('another status is another fault', () => {
  const statuses = [400, 404, 410, 429, 500, 502, 503]
  expect(new Set(statuses.map((status) => faultOf(errorOfAnswer(asked, answer(status, ''))))).size).toBe(7)
})

test.each([
  ['/elsewhere?secret=hidden', 'https://hooks.example/elsewhere'],
  ['http://user:hidden@10.0.0.1/x', 'http://10.0.0.1/x'],
  ['//other.example', 'https://other.example/'],
  ['http://[', 'nowhere that is an address'],
])('a redirect to %s points to %s', (location, target) => {
  const { message } = errorOfAnswer(asked, answer(302, '', { location }))
  expect(message).toContain(`, which points to ${target} and is not followed`)
  expect(message).not.toContain('hidden')
})

test('when all addresses of a host fail, the error has the code and the words of the first', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 1.1.1.1:443'), { code: 'ECONNREFUSED' })
  const error = errorOfSilence(asked, new AggregateError([refused, new Error('other')]))
  expect(describeError(error)).toMatchObject({
    type: 'HttpRequestError',
    code: 'ECONNREFUSED',
    message: 'POST https://hooks.example/orders/7 got no answer: connect ECONNREFUSED 1.1.1.1:443',
  })
})

test.each([null, undefined, 'text', {}])('%j as a reason is no reason to throw', (cause) => {
  expect(errorOfSilence(asked, cause).message).toMatch(/^POST .* got no answer: /)
})

test('a long path is cut', () => {
  const url = new URL(`https://hooks.example/${'a'.repeat(2_000)}`)
  expect(errorOfTimeout({ method: 'GET', url }, 500).message).toMatch(
    /^GET https:.{190,200}… got no complete answer within 500 ms$/,
  )
})
