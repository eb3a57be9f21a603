import { defineTask, PermanentError, RetryAfter, RunLater } from '@redrive/worker'
import { z } from 'zod'

const failing = z.strictObject({ succeedsAt: z.int().default(1_000) })

function failUntil({ succeedsAt }: z.output<typeof failing>, { attempt }: { readonly attempt: number }) {
  if (attempt < succeedsAt) throw new Error(`attempt ${attempt} fails`)
  return { attempt }
}

/** Fails with delays that are listed. */
export const listed = defineTask({
  name: 'retries.listed',
  input: failing,
  retry: { maxAttempts: 4, strategy: 'list', delaysMs: [0, 60_000, 3_600_000] },
  handler: failUntil,
})

/** Fails, and is too old for another attempt after a minute. */
export const aging = defineTask({
  name: 'retries.aging',
  input: failing,
  retry: { strategy: 'fixed', baseDelayMs: 40_000, maxAgeMs: 60_000 },
  handler: failUntil,
})

/** Says itself when it may be tried again. */
export const asking = defineTask({
  name: 'retries.asking',
  input: z.strictObject({
    how: z.enum(['RetryAfter', 'date', 'copy', 'RunLater', 'broken', 'permanent']),
    delayMs: z.number(),
  }),
  handler: ({ how, delayMs }) => {
    const cause = new Error('the other side answered 429')
    if (how === 'RetryAfter') throw new RetryAfter(delayMs, 'the other side is busy', { cause })
    if (how === 'date') throw new RetryAfter(new Date(Date.now() + delayMs), 'the other side is busy')
    if (how === 'RunLater') throw new RunLater(delayMs, 'the other side is closed')
    if (how === 'permanent') throw new PermanentError('no delay can help')
    // What a copy of the package in the handlers' folder throws.
    throw Object.assign(new Error('busy'), { name: 'RetryAfter', delayMs: how === 'copy' ? delayMs : 'soon' })
  },
})

/** Puts its work off a few times, and fails then. */
export const reluctant = defineTask({
  name: 'retries.reluctant',
  input: z.strictObject({ putsOff: z.int() }),
  retry: { maxAttempts: 4, strategy: 'list', delaysMs: [60_000, 3_600_000] },
  handler: ({ putsOff }, { attempt }) => {
    if (attempt <= putsOff) throw new RunLater(0, 'not yet')
    throw new Error(`attempt ${attempt} fails`)
  },
})
