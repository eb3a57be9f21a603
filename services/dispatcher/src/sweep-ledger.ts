import {
  BEFORE_ALL,
  keepSweep,
  sweepDeadLetters,
  sweepTasks,
  type Difference,
  type Executor,
  type LedgerSweep,
} from '@redrive/shared/database'
import { Loop, type Events, type Logger } from '@redrive/shared/runtime'
import { DIFFERENCE_KINDS } from '@redrive/shared/task'

export interface LedgerSweeperOptions {
  readonly db: Executor
  readonly events: Events
  readonly logger: Logger
  /** Between the end of a sweep and the next. */
  readonly intervalMs: number
  readonly isLeading: () => boolean
}

/** A page takes some 20 ms, and so one connection works for a tenth of the time: ten million tasks take twenty minutes. */
const PAGE = 2_000
const PAGE_EVERY_MS = 200
/** Named in the end, of each kind. */
const NAMED = 20

type Counts = Pick<LedgerSweep, 'accepted' | 'ended' | 'open' | 'deadLetters'>

interface Walk {
  readonly startedAt: string | null
  readonly counts: Counts
  readonly differences: ReadonlyMap<Difference['kind'], Difference>
  readonly list: 'tasks' | 'dead_letters'
  readonly after: string
}

const NOTHING: Counts = {
  accepted: 0,
  ended: { succeeded: 0, failed: 0, cancelled: 0, expired: 0 },
  open: 0,
  deadLetters: { carried: 0, open: 0, redriven: 0, discarded: 0 },
}

/**
 * Counts the whole ledger over and over, a page at a time: accepted = ended + open, and each failed task has one dead
 * letter. A page is one statement, exact at its moment, which waits for nobody and keeps nobody waiting.
 *
 * What it finds is kept and told, and not repaired: by this protocol it cannot happen, so a person has to look.
 * A dispatcher that begins to lead begins a new walk.
 */
export class LedgerSweeper {
  readonly #options: LedgerSweeperOptions
  readonly #loop: Loop
  #walk: Walk | null = null
  #last: LedgerSweep | null = null
  #endedAtMs = -Infinity

  constructor(options: LedgerSweeperOptions) {
    this.#options = options
    this.#loop = new Loop({
      name: 'sweep',
      intervalMs: Math.min(PAGE_EVERY_MS, options.intervalMs),
      logger: options.logger,
      step: () => this.#step(),
    })
  }

  /** The last sweep that this dispatcher ended; null while another one sweeps. */
  get last(): LedgerSweep | null {
    return this.#options.isLeading() ? this.#last : null
  }

  start(): void {
    this.#loop.start()
  }

  async stop(): Promise<void> {
    await this.#loop.stop()
  }

  async #step(): Promise<'idle'> {
    if (!this.#options.isLeading()) {
      this.#walk = null
      return 'idle'
    }
    if (this.#walk === null && performance.now() - this.#endedAtMs < this.#options.intervalMs) return 'idle'
    const walk = this.#walk ?? begin()
    if (walk.list === 'tasks') this.#walk = await this.#sweepTasks(walk)
    else await this.#sweepDeadLetters(walk)
    return 'idle'
  }

  async #sweepTasks(walk: Walk): Promise<Walk> {
    const page = await sweepTasks(this.#options.db, { after: walk.after, limit: PAGE })
    const { counts } = walk
    return {
      ...walk,
      startedAt: walk.startedAt ?? page.at.toISOString(),
      ...(page.next === null ? { list: 'dead_letters', after: BEFORE_ALL } : { after: page.next }),
      counts: {
        ...counts,
        accepted: counts.accepted + page.accepted,
        ended: addUp(counts.ended, page.ended),
        open: counts.open + page.open,
      },
      differences: merge(walk.differences, page.differences),
    }
  }

  async #sweepDeadLetters(walk: Walk): Promise<void> {
    const { db } = this.#options
    const page = await sweepDeadLetters(db, { after: walk.after, limit: PAGE })
    const deadLetters = addUp(walk.counts.deadLetters, page.counts)
    const counts = { ...walk.counts, deadLetters }
    if (page.next !== null) {
      this.#walk = { ...walk, counts, after: page.next }
      return
    }
    const differences = [...walk.differences.values()]
    const endedAt = page.at.toISOString()
    const sweep = { startedAt: walk.startedAt ?? endedAt, endedAt, ...counts, differences }
    await keepSweep(db, sweep)
    this.#tell(differences)
    this.#last = sweep
    this.#walk = null
    this.#endedAtMs = performance.now()
  }

  /** Each kind when its number grows, and not at every sweep. */
  #tell(differences: readonly Difference[]): void {
    for (const { kind, count, taskIds } of differences) {
      const told = this.#last?.differences.find((one) => one.kind === kind)?.count ?? 0
      if (count > told)
        this.#options.events.emit('reconcile.differs', { kind, count, taskIds: taskIds.join(' ') })
    }
  }
}

function begin(): Walk {
  return {
    startedAt: null,
    counts: NOTHING,
    differences: new Map(),
    list: 'tasks',
    after: BEFORE_ALL,
  }
}

function addUp<Key extends string>(
  one: Readonly<Record<Key, number>>,
  other: Readonly<Record<Key, number>>,
): Record<Key, number> {
  const keys = Object.keys(one) as Key[]
  return Object.fromEntries(keys.map((key) => [key, one[key] + other[key]])) as Record<Key, number>
}

function merge(
  known: Walk['differences'],
  found: readonly Difference[],
): ReadonlyMap<Difference['kind'], Difference> {
  const both = [...known.values(), ...found]
  return new Map(
    DIFFERENCE_KINDS.flatMap((kind) => {
      const alike = both.filter((one) => one.kind === kind)
      if (alike.length === 0) return []
      const count = alike.reduce((sum, one) => sum + one.count, 0)
      const taskIds = alike.flatMap((one) => one.taskIds).slice(0, NAMED)
      return [[kind, { kind, count, taskIds }] as const]
    }),
  )
}
