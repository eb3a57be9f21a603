import type { Socket } from 'node:net'

export type ProxyDirection = 'toClient' | 'toTarget'

/** How one direction of a path is at present. */
export interface LineCondition {
  /** Everything is dropped, as on an unplugged cable. */
  isSwallowing: boolean
  delayMs: number
  /** Each piece may be later by up to as much again; it never overtakes an earlier one. */
  jitterMs: number
  bytesPerSecond: number | null
  /** Most bytes of one write; the reader gets frames in pieces. */
  pieceBytes: number | null
}

export const WHOLE: LineCondition = {
  isSwallowing: false,
  delayMs: 0,
  jitterMs: 0,
  bytesPerSecond: null,
  pieceBytes: null,
}

export interface ProxyLinePlan {
  readonly from: Socket
  readonly to: Socket
  /** Looked at again and again, so that a change meets also what waits already. */
  readonly condition: () => LineCondition
  /** Sees all that is about to be delivered, with the end of what went before; answers true when it took care of it. */
  readonly inspect: (data: Buffer, seen: Buffer) => boolean
}

interface Late {
  readonly data: Buffer
  readonly arrivedAtMs: number
  readonly share: number
}

/** Beyond this the sender is told to wait, as a full pipe does; less than what the kernel's own buffers hold. */
const MOST_WAITING_BYTES = 256 * 1_024
/** How soon a healed path is noticed by what waits. */
const LOOK_EVERY_MS = 20
/** Longer than any pattern that is looked for. */
const KEPT_BYTES = 256

/** What goes one way through a path, in order, whatever becomes of its condition meanwhile. */
export class ProxyLine {
  readonly #plan: ProxyLinePlan
  readonly #waiting: Late[] = []
  #waitingBytes = 0
  #moving: Promise<void> | null = null
  #kept: Buffer = Buffer.alloc(0)

  constructor(plan: ProxyLinePlan) {
    this.#plan = plan
    plan.from.on('data', (data) => this.#take(data))
  }

  #take(data: Buffer): void {
    this.#waiting.push({ data, arrivedAtMs: performance.now(), share: Math.random() })
    this.#waitingBytes += data.length
    if (this.#waitingBytes > MOST_WAITING_BYTES) this.#plan.from.pause()
    this.#moving ??= this.#move()
  }

  /** Once everything that came in has gone out. */
  async emptied(): Promise<void> {
    await this.#moving
  }

  async #move(): Promise<void> {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const waitMs = this.#waitMs(next)
      if (waitMs > 0) {
        await pause(Math.min(waitMs, LOOK_EVERY_MS))
        continue
      }
      this.#waiting.shift()
      await this.#deliver(next.data)
      this.#waitingBytes -= next.data.length
      if (this.#waitingBytes <= MOST_WAITING_BYTES) this.#plan.from.resume()
    }
    this.#moving = null
  }

  #waitMs({ arrivedAtMs, share }: Late): number {
    const { delayMs, jitterMs } = this.#plan.condition()
    return arrivedAtMs + delayMs + share * jitterMs - performance.now()
  }

  /** n.b. without a condition this writes before it first awaits: a sound path adds no turn of the event loop. */
  async #deliver(data: Buffer): Promise<void> {
    for (let left = data; left.length > 0;) {
      const { isSwallowing, bytesPerSecond, pieceBytes } = this.#plan.condition()
      if (isSwallowing) return
      const size = Math.min(pieceBytes ?? left.length, Math.ceil((bytesPerSecond ?? Infinity) / 20))
      const piece = left.subarray(0, size)
      left = left.subarray(size)
      await this.#write(piece, pieceBytes !== null)
      if (bytesPerSecond !== null) await pause((piece.length * 1_000) / bytesPerSecond)
    }
  }

  async #write(piece: Buffer, isAlone: boolean): Promise<void> {
    const { to, inspect } = this.#plan
    const seen = Buffer.concat([this.#kept, piece])
    this.#kept = seen.subarray(-KEPT_BYTES)
    if (inspect(piece, seen) || !to.writable) return
    const isRoomLeft = to.write(piece)
    if (isAlone) await new Promise((resolve) => setImmediate(resolve))
    else if (!isRoomLeft) await drained(to)
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      socket.off('drain', finish).off('close', finish)
      resolve()
    }
    socket.on('drain', finish).on('close', finish)
  })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
