import { classifyDatabaseError, reportProgress } from '@redrive/shared/database'
import type { TaskProgress } from '@redrive/shared/task'
import { readProgress } from './read-progress.ts'
import type { RunningAttempt } from './running-attempts.ts'
import type { WorkerContext } from './worker-context.ts'

/** Fast enough for a person who watches, slow enough that a chatty handler costs the ledger nothing. */
const INTERVAL_MS = 200
const MAX_BATCH = 500

interface Report {
  readonly taskId: string
  readonly token: string
  readonly progress: TaskProgress
}

/**
 * Shows in the ledger how far running attempts are: the latest report of each, together, every 200 ms. Progress is
 * a courtesy. It never fails a task, and a report that cannot be written is forgotten once a newer one is there.
 */
export class ProgressReports {
  readonly #context: WorkerContext
  #latest = new Map<string, Report>()
  #underWay = new Map<string, Report>()
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(context: WorkerContext) {
    this.#context = context
  }

  /** Takes a handler's report; a malformed one is logged and dropped. Does not throw. */
  report(attempt: RunningAttempt, progress: unknown): void {
    if (attempt.isDecided) return
    const { taskId, token, attempt: number, type } = attempt.claimed
    const read = readProgress(progress)
    if ('problem' in read) {
      this.#context.logger.warn(
        { taskId, attempt: number, type, ...read },
        'A handler reported progress that cannot be shown.',
      )
      return
    }
    this.#latest.set(token, { taskId, token, progress: read.progress })
    this.#timer ??= setTimeout(() => this.#writeNow(), INTERVAL_MS)
  }

  /** Writes what an attempt last reported before its end is written, so that the end shows it. Never rejects. */
  async flush(token: string): Promise<void> {
    if (this.#latest.has(token)) this.#writeNow()
    else if (!this.#underWay.has(token)) return
    await this.#writing
  }

  /** Writes what is there. Idempotent. */
  async stop(): Promise<void> {
    this.#writeNow()
    await this.#writing
  }

  #writeNow(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#writing = this.#writing.then(() => this.#write())
  }

  async #write(): Promise<void> {
    this.#underWay = this.#latest
    this.#latest = new Map()
    const reports = [...this.#underWay.values()]
    for (let from = 0; from < reports.length; from += MAX_BATCH) {
      await this.#writeSplitting(reports.slice(from, from + MAX_BATCH))
    }
    this.#underWay = new Map()
  }

  /** A report that the ledger refuses for its data must not take the others of its batch along. */
  async #writeSplitting(reports: readonly Report[]): Promise<void> {
    const { database, logger } = this.#context
    try {
      await reportProgress(database.db, reports)
    } catch (error) {
      if (classifyDatabaseError(error) !== 'data' || reports.length === 1) {
        logger.warn({ error, reports: reports.length }, 'Progress could not be written.')
        return
      }
      const middle = Math.ceil(reports.length / 2)
      await this.#writeSplitting(reports.slice(0, middle))
      await this.#writeSplitting(reports.slice(middle))
    }
  }
}
