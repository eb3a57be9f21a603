import {
  advanceRedrive,
  listRedriveWork,
  performStatement,
  type Database,
  type RedriveWork,
} from '@redrive/shared/database'
import { type ChunkEffect, recallChunk, redriveChunk, runFlow } from '@redrive/shared/protocol'
import { Loop, reachCrashPoint, type Events, type Logger } from '@redrive/shared/runtime'

export interface RedriveRunOptions {
  readonly db: Database['db']
  readonly events: Events
  readonly logger: Logger
  /** True while this dispatcher is the one that redrives. */
  readonly isLeading: () => boolean
}

/** One transaction of this size takes some tens of milliseconds, which is what a pause or another redrive waits for. */
const MAX_CHUNK = 500
/** How soon a redrive begins, goes on under its rate, or fills the places of its ended members. */
const LOOK_EVERY_MS = 200

/**
 * Sends the members of running redrives back, and takes back those of recalled ones, chunk by chunk. Each redrive has one
 * chunk in its turn, so several at once share what there is. All that must last is in the ledger: the process may stop
 * between any two lines, and whoever leads next goes on with the next member.
 */
export class RedriveRun {
  readonly #options: RedriveRunOptions
  readonly #loop: Loop

  constructor(options: RedriveRunOptions) {
    this.#options = options
    this.#loop = new Loop({
      name: 'redrive',
      intervalMs: LOOK_EVERY_MS,
      logger: options.logger,
      step: (signal) => this.#step(signal),
    })
  }

  start(): void {
    this.#loop.start()
  }

  /** Begins no other chunk and waits for the one at work. */
  async stop(): Promise<void> {
    await this.#loop.stop()
  }

  async #step(signal: AbortSignal): Promise<'again' | 'idle'> {
    const { db, isLeading } = this.#options
    if (!isLeading()) return 'idle'
    let isMore = false
    for (const work of await listRedriveWork(db)) {
      if (signal.aborted || !isLeading()) return 'idle'
      isMore = (await this.#give(work)) || isMore
    }
    return isMore ? 'again' : 'idle'
  }

  /** One chunk of one redrive; answers whether there is more of it to do at once. */
  #give({ redriveId, kind }: RedriveWork): Promise<boolean> {
    const order = { redriveId, maxChunk: MAX_CHUNK }
    const chunk = kind === 'advance' ? redriveChunk(order) : recallChunk(order)
    return runFlow<ChunkEffect, boolean>(chunk, (effect) => this.#perform(effect))
  }

  #perform(effect: ChunkEffect): unknown {
    const { db, events } = this.#options
    if (effect.do === 'emit') return events.tell(effect.event)
    if (effect.do === 'reach') return reachCrashPoint(effect.point)
    if (effect.statement === 'recallMembers') return performStatement(db, effect)
    const beforeCommit = (): void => reachCrashPoint('redrive.chunk_before_commit')
    return advanceRedrive(db, { ...effect.args[0], beforeCommit })
  }
}
