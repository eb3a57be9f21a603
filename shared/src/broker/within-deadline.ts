import { BrokerUnavailableError } from './broker-unavailable-error.ts'

export interface Deadline {
  readonly ms: number
  /** What was waited for, to complete the sentence "RabbitMQ did not … within n ms". */
  readonly what: string
}

/**
 * The result of `work`, or `BrokerUnavailableError` once the deadline has passed. Every request to the broker goes
 * through here, because a frozen broker answers nothing, not even a close. The work itself is not stopped: a late
 * result is dropped, so a caller that must release it attaches that to `work` first.
 */
export async function withinDeadline<T>(work: Promise<T>, { ms, what }: Deadline): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new BrokerUnavailableError(`RabbitMQ did not ${what} within ${ms} ms`)),
      ms,
    )
  })
  try {
    return await Promise.race([work, expired])
  } finally {
    clearTimeout(timer)
  }
}
