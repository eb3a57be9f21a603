import { expect, test } from '@jest/globals'
import { defineTask } from '@redrive/shared/task'
import { z } from 'zod'
import { describeType } from './describe-type.ts'

function describeInput(input: z.ZodType, more: object = {}) {
  return describeType(defineTask({ name: 'a.type', input, handler: () => null, ...more }))
}

test('a type is described with the JSON Schema of what clients send, defaults and all', () => {
  const input = z.strictObject({ n: z.int().default(3), text: z.string().transform(Number) })

  expect(describeInput(input)).toMatchObject({
    name: 'a.type',
    lane: 'normal',
    timeoutMs: 60_000,
    isolation: 'none',
    memoryLimitMb: null,
    inputSchema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      properties: { n: { type: 'integer', default: 3 }, text: { type: 'string' } },
      required: ['text'],
      additionalProperties: false,
    },
  })
})

test.each([
  [z.object({ at: z.date() }), 'input.at'],
  [z.object({ list: z.array(z.object({ n: z.bigint().optional() })) }), 'input.list[].n'],
  [z.bigint(), 'input'],
])('what JSON cannot carry is named with its path', (input, path) => {
  expect(describeInput(input)).toEqual({
    problems: [
      expect.stringContaining(
        `Task type a.type: the input schema cannot be written as JSON Schema, at "${path}"`,
      ),
    ],
  })
})

test('an input that is no schema of zod 4 is named', () => {
  expect(describeInput({ parse: () => 1 } as unknown as z.ZodType)).toEqual({
    problems: [expect.stringContaining('no schema of zod 4')],
  })
})

test('sensitive paths are registered, and one that leads nowhere is refused', () => {
  const input = z.strictObject({ card: z.strictObject({ number: z.string() }) })
  expect(describeInput(input, { sensitive: ['card.number'] })).toMatchObject({ sensitive: ['card.number'] })
  expect(describeInput(input, { sensitive: ['card.numbr'] })).toEqual({
    problems: [expect.stringContaining('the sensitive path "card.numbr" leads nowhere')],
  })
  expect(() => describeInput(input, { sensitive: ['card..number'] })).toThrow(
    'Task type a.type: sensitive has "card..number"',
  )
})

test.each([
  [{ lane: 'fast' }, 'lane must be one of high, normal, low'],
  [{ timeoutMs: 86_400_001 }, 'timeoutMs must be from 1'],
  [{ isolation: 'thread' }, "isolation must be 'none' or 'process'"],
  [{ isolation: 'process', memoryLimitMb: 100 }, 'memoryLimitMb must be a whole number from 192'],
  [{ isolation: 'process', memoryLimitMb: 256.5 }, 'memoryLimitMb must be a whole number'],
  [{ memoryLimitMb: 256 }, "memoryLimitMb needs isolation: 'process'"],
  [{ retry: { maxAttempts: 0 } }, 'retry.maxAttempts'],
  [{ retry: { maxAttempts: 1.5 } }, 'retry.maxAttempts'],
  [{ retry: { baseDelayMs: -1 } }, 'retry.baseDelayMs'],
  [{ retry: { maxDelayMs: Infinity } }, 'retry.maxDelayMs'],
  [{ retry: { factor: Number.NaN } }, 'retry.factor must be from 1 to 100'],
  [{ retry: { strategy: 'random' } }, 'retry.strategy must be one of fixed, linear, exponential, list'],
  [{ retry: { strategy: 'list' } }, 'retry.delaysMs must name at least one delay'],
  [{ retry: { delaysMs: [1] } }, 'retry.delaysMs is for the strategy "list" only'],
  [
    { retry: { strategy: 'list', delaysMs: [1, -1] } },
    'retry.delaysMs must be up to 100 delays, each from 0',
  ],
  [{ retry: { jitter: 'half' } }, 'retry.jitter must be one of full, none'],
  [{ retry: { maxAgeMs: 0 } }, 'retry.maxAgeMs must be null, or from 1'],
  [{ retry: { maxAttempt: 3 } }, 'retry.maxAttempt is not known; there are maxAttempts'],
])('%j is refused', (more, words) => {
  expect(describeInput(z.any(), more)).toEqual({ problems: [expect.stringContaining(words)] })
})
