import { defineTask } from '@redrive/shared/task'
import { z } from 'zod'
import { addDecimals, expandExponent } from './add-decimals.ts'

/** A guess: far beyond any sum that people mean, and still added within a millisecond. */
const MAX_CHARACTERS = 10_000

const ADVICE = 'JSON carries whole numbers exactly only up to 9007199254740991: send larger ones as a string'

/**
 * Whole numbers without a fraction beyond these bounds were changed when the JSON was parsed, and every number beyond
 * them is whole, so two bounds say it all. They reach the api in the JSON Schema, which a refinement would not.
 */
const exactNumber = z
  .number()
  .min(Number.MIN_SAFE_INTEGER, { error: ADVICE })
  .max(Number.MAX_SAFE_INTEGER, { error: ADVICE })

const decimalText = z
  .string()
  .max(MAX_CHARACTERS)
  .regex(/^[+-]?[0-9]+(\.[0-9]+)?$/, {
    error: 'expected digits with an optional sign and fraction, as in "-12.5"',
  })

const operand = z.union([exactNumber, decimalText])

/** Adds two integers or decimals of any size, exactly. The sum is a string, because a JSON number could not carry it. */
export const mathAdd = defineTask({
  name: 'math.add',
  input: z.strictObject({ a: operand, b: operand }),
  timeoutMs: 10_000,
  expectedDurationMs: 1,
  handler: ({ a, b }) => ({ sum: addDecimals(textOf(a), textOf(b)) }),
})

function textOf(value: number | string): string {
  return typeof value === 'string' ? value : expandExponent(String(value))
}
