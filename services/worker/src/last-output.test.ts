import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { LastOutput } from './last-output.ts'

function write(chunks: readonly Buffer[]): LastOutput {
  const output = new LastOutput(() => {})
  const stream = output.createStream()
  for (const chunk of chunks) stream.add(chunk)
  stream.end()
  return output
}

test('the last twenty lines are kept, the unfinished one too', () => {
  const text = Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n')

  expect(write([Buffer.from(text)]).lines).toEqual(
    Array.from({ length: 20 }, (_, index) => `line ${index + 10}`),
  )
})

test('out of memory is remembered, though a stack trace follows', () => {
  const trace = Array.from({ length: 40 }, (_, index) => `${index}: 0x1234 node::Abort()`)
  const words = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'
  const output = write([Buffer.from([words, ...trace].join('\n'))])

  expect(output.isOutOfMemory).toBe(true)
  expect(output.lines.join()).not.toContain('FATAL')
})

test('whatever is written, cut wherever, the lines are few, short and storable', () => {
  const chunk = fc.oneof(
    fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ unit: 'binary', maxLength: 2_000 }).map((text) => Buffer.from(text)),
    fc.constant(Buffer.alloc(70_000, 'x')),
  )
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 30 }), (chunks) => {
      const { lines } = write(chunks)
      expect(lines.length).toBeLessThanOrEqual(20)
      for (const line of lines) {
        expect(line.length).toBeLessThanOrEqual(401)
        expect(line.isWellFormed() && !line.includes('\u0000')).toBe(true)
      }
    }),
  )
})

test('a character that two chunks share is not broken', () => {
  const bytes = Buffer.from('größe\n')
  expect(write([bytes.subarray(0, 3), bytes.subarray(3)]).lines).toEqual(['größe'])
})
