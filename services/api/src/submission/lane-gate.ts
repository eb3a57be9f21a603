import { type Executor, readLanePressure } from '@redrive/shared/database'
import { Loop, type Logger } from '@redrive/shared/runtime'
import type { Lane } from '@redrive/shared/task'

const LOOK_MS = 250
/** A look that is older says nothing about a lane that takes thousands a second. */
const MAX_AGE_MS = 1_500

/**
 * How many more tickets each lane takes straight from the api: while nothing that is due waits there, and its window has
 * room. Looked up four times a second and counted down in between; several apis may overshoot by what they each took
 * since, which the window is wide enough for. Closed while the ledger cannot be asked.
 */
export class LaneGate {
  readonly #loop: Loop
  #room = new Map<string, number>()
  #lookedAtMs = Number.NEGATIVE_INFINITY

  constructor({ db, logger }: { readonly db: Executor; readonly logger: Logger }) {
    this.#loop = new Loop({ name: 'lane-gate', intervalMs: LOOK_MS, logger, step: () => this.#look(db) })
  }

  start(): void {
    this.#loop.start()
  }

  async stop(): Promise<void> {
    await this.#loop.stop()
  }

  /** Takes one place in the lane's window; false when there is none. */
  take(lane: Lane): boolean {
    const room = this.#room.get(lane) ?? 0
    if (room <= 0 || performance.now() - this.#lookedAtMs > MAX_AGE_MS) return false
    this.#room.set(lane, room - 1)
    return true
  }

  async #look(db: Executor): Promise<'idle'> {
    const pressures = await readLanePressure(db)
    this.#room = new Map(pressures.map(({ lane, isWaiting, room }) => [lane, isWaiting ? 0 : room]))
    this.#lookedAtMs = performance.now()
    return 'idle'
  }
}
