import { setTimeout as delay } from 'node:timers/promises'
import { defineTask, PermanentError, RetryAfter, RunLater } from '@redrive/worker'
import { z } from 'zod'

// A call to another system: what can go wrong there decides whether another attempt makes sense.

const input = z.strictObject({
  invoiceId: z.string().min(1),
  /** Who gets it. */
  email: z.email(),
  amountCents: z.int().positive(),
})

export const sendInvoice = defineTask({
  name: 'invoices.send',
  input,
  // Delays of up to 2, 4, 8 … seconds: a mail service that is down is usually back within the minute.
  retry: { maxAttempts: 6, baseDelayMs: 2_000, factor: 2, maxDelayMs: 60_000 },
  timeoutMs: 30_000,
  expectedDurationMs: 50,
  handler: async ({ invoiceId, email, amountCents }, { attempt, idempotencyKey, logger, signal }) => {
    // A handler may run more than once for one task, for example when its worker lost power before it could say that
    // it was done. The key is the same each time, so the mail service sends one mail.
    const answer = await postMail(
      { key: idempotencyKey, to: email, text: describe(invoiceId, amountCents) },
      signal,
    )

    // The service says itself when it wants to be asked again; that is nobody's failure, so no attempt is used up.
    if (answer.status === 429) throw new RunLater(answer.retryAfterMs ?? 60_000, 'the mail service is busy')
    // Down, and it says for how long: the attempt failed, and the next one is made then, whatever the delays above.
    if (answer.status === 503 && answer.retryAfterMs !== undefined)
      throw new RetryAfter(answer.retryAfterMs, 'the mail service is being maintained')
    // No attempt will make this address exist: the task fails now, and an operator can redrive it with another one.
    if (answer.status === 422) throw new PermanentError(`the mail service refuses the address ${email}`)
    // Whatever else happened may be gone by the next attempt.
    if (answer.status !== 202) throw new Error(`the mail service answered ${answer.status}`)

    logger.info({ invoiceId, attempt }, 'The invoice is with the mail service.')
    return { messageId: answer.messageId }
  },
})

interface Mail {
  readonly key: string
  readonly to: string
  readonly text: string
}

interface MailAnswer {
  readonly status: number
  readonly messageId?: string
  readonly retryAfterMs?: number
}

/**
 * Stands for an HTTP call; pass the signal on, as here, and a timeout or a cancellation ends the call as well. To see
 * the other endings, send to an address at busy.example, maintained.example, unknown.example or down.example.
 */
async function postMail({ key, to }: Mail, signal: AbortSignal): Promise<MailAnswer> {
  await delay(50, undefined, { signal })
  switch (to.split('@')[1]) {
    case 'busy.example':
      return { status: 429, retryAfterMs: 5_000 }
    case 'maintained.example':
      return { status: 503, retryAfterMs: 20_000 }
    case 'unknown.example':
      return { status: 422 }
    case 'down.example':
      return { status: 503 }
    default:
      return { status: 202, messageId: `mail-${key}` }
  }
}

function describe(invoiceId: string, amountCents: number): string {
  return `Invoice ${invoiceId}: ${(amountCents / 100).toFixed(2)}`
}
