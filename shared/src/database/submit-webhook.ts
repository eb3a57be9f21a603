import { DEFAULT_LANE, WEBHOOK_ATTEMPTS, WEBHOOK_RETRY } from '../task/index.ts'
import type { Executor } from './ledger.ts'
import { submitTasks } from './submit-tasks.ts'

export interface NewWebhook {
  /** UUIDv7, made by the caller: the same one again sends nothing twice. The receiver sees it as `webhook-id`. */
  readonly id: string
  readonly tenantId: string
  readonly url: string
  /** Sent as JSON, signed. Best `{ type, timestamp, data }`, as Standard Webhooks has it, and below 20 KB. */
  readonly body: unknown
  readonly tags: readonly string[]
}

/**
 * Tells the news to somebody outside, by a task of its own with the patience of a callback and its own dead letter when
 * that ends. Runs in the caller's transaction, so that there is no news without its cause; release sends the ticket.
 */
export async function submitWebhook(
  executor: Executor,
  { id, tenantId, url, body, tags }: NewWebhook,
): Promise<void> {
  await submitTasks(executor, [
    {
      id,
      tenantId,
      type: 'http.request',
      lane: DEFAULT_LANE,
      input: JSON.stringify({ url, method: 'POST', sign: true, body }),
      tags,
      runAt: null,
      delayMs: 0,
      attemptBudget: WEBHOOK_ATTEMPTS,
      timeoutMs: null,
      retry: WEBHOOK_RETRY,
      expiresAt: null,
      callbackUrl: null,
      user: null,
      takenForMs: null,
    },
  ])
}
