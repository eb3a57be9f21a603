import { call } from './load/client.ts'
import type { Known } from './load/known.ts'
import type { History } from './history.ts'

export interface CanaryPlan {
  readonly apiUrl: string
  readonly sideLog: string
  readonly history: History
  readonly known: Known
}

interface Flight {
  readonly sentAtMs: number
  readonly endedAtMs: number
}

const EVERY_MS = 200
const LOOK_EVERY_MS = 50
/** One that has not ended by then is followed no further; the checks at the end find it. */
const FOLLOWED_FOR_MS = 30_000
/** So many in a row make a recovery: one alone may have been lucky. */
const IN_A_ROW = 3

/**
 * Sends a small task several times a second, and sees when each has ended, to tell when the way from submission to
 * result is whole again.
 */
export class Canary {
  readonly #plan: CanaryPlan
  readonly #flights: Flight[] = []
  readonly #underWay = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | null = null
  #count = 0

  constructor(plan: CanaryPlan) {
    this.#plan = plan
  }

  start(): void {
    this.#timer = setInterval(() => {
      const flight = this.#fly().finally(() => this.#underWay.delete(flight))
      this.#underWay.add(flight)
    }, EVERY_MS)
  }

  halt(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
  }

  async stop(): Promise<void> {
    this.halt()
    await Promise.all(this.#underWay)
  }

  /** Milliseconds from then until the last of the first canaries in a row that were sent after it had ended; null while there are none. */
  recoveredAfterMs(healedAtMs: number): number | null {
    const after = this.#flights.filter(({ sentAtMs }) => sentAtMs >= healedAtMs)
    const first = after.toSorted((a, b) => a.sentAtMs - b.sentAtMs).slice(0, IN_A_ROW)
    return first.length < IN_A_ROW ? null : Math.max(...first.map(({ endedAtMs }) => endedAtMs)) - healedAtMs
  }

  async #fly(): Promise<void> {
    const { apiUrl, sideLog, history, known } = this.#plan
    const op = `canary-${this.#count++}`
    const sentAtMs = history.nowMs
    const task = { type: 'torture.fast', input: { sideLog, op }, tags: [op] }
    const submission = {
      op,
      type: 'torture.fast',
      count: 1,
      key: null,
      askedAtMs: sentAtMs,
      ids: null,
      outcome: 'unknown',
    } as Known['submissions'][number]
    known.submissions.push(submission)
    const sent = await call(`${apiUrl}/api/v1/tasks`, { body: task })
    submission.outcome = sent.kind
    if (sent.kind !== 'ok') return
    submission.ids = [sent.body.id]
    while (history.nowMs - sentAtMs < FOLLOWED_FOR_MS) {
      const seen = await call(`${apiUrl}/api/v1/tasks/${sent.body.id}/status`)
      if (seen.kind === 'ok' && seen.body.state === 'succeeded') {
        this.#flights.push({ sentAtMs, endedAtMs: history.nowMs })
        return
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }
}
