import { defineTask } from '@redrive/worker'
import { z } from 'zod'

/** Fails with its input in the message, as many a client library does. */
export const leaking = defineTask({
  name: 'test.leaking',
  input: z.strictObject({
    card: z.strictObject({ number: z.string(), kind: z.string() }),
    failures: z.int().min(0),
  }),
  retry: { maxAttempts: 2, baseDelayMs: 50, factor: 1, maxDelayMs: 50 },
  sensitive: ['card.number'],
  handler: ({ card, failures }, context) => {
    context.reportProgress({ done: 1, total: 2, note: 'asking the bank' })
    if (context.attempt <= failures) {
      const cause = new RangeError(`the bank does not know ${card.number}`)
      throw new Error(`${card.kind} ${card.number} was declined`, { cause })
    }
    return { last: card.number.slice(-4) }
  },
})
