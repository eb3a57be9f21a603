import type { IncomingMessage } from 'node:http'
import { ProblemError } from '../problem-error.ts'
import { discard } from './read-body.ts'

/** Smaller bodies are taken without asking: as many as there can be connections take less than one large one. */
const SMALL_BYTES = 65_536
const WAIT_MS = 10_000
const NOTHING = (): void => undefined

interface Waiting {
  readonly bytes: number
  readonly enter: () => void
}

/**
 * How many bytes of large bodies are held at the same time; each takes many times its size while it is parsed, checked
 * and stored. Who finds no room waits for it in order, unread, so that the client's own sending slows down.
 */
export class BodyRoom {
  readonly #size: number
  #free: number
  #waiting: Waiting[] = []

  constructor(size: number) {
    this.#size = size
    this.#free = size
  }

  /** Resolves with what gives the room back once the request is answered. Throws SERVER_BUSY after ten seconds. */
  async take(request: IncomingMessage, maxBytes: number): Promise<() => void> {
    const declared = Number(request.headers['content-length'] ?? maxBytes)
    // One that is too large is refused by its length, and never held.
    if (declared <= SMALL_BYTES || declared > maxBytes) return NOTHING
    const bytes = Math.min(declared, this.#size)
    if (this.#waiting.length > 0 || this.#free < bytes) await this.#wait(bytes, request)
    else this.#free -= bytes
    let isHeld = true
    return () => {
      if (isHeld) this.#giveBack(bytes)
      isHeld = false
    }
  }

  async #wait(bytes: number, request: IncomingMessage): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const waiting = { bytes, enter: () => resolve(true) }
    this.#waiting.push(waiting)
    const leave = (): void => resolve(false)
    const timer = setTimeout(leave, WAIT_MS)
    request.once('close', leave)
    const hasRoom = await promise
    clearTimeout(timer)
    request.off('close', leave)
    if (hasRoom) return
    this.#waiting = this.#waiting.filter((one) => one !== waiting)
    this.#admit()
    await discard(request)
    const detail = 'Other requests with large bodies take all the room that there is.'
    throw new ProblemError('SERVER_BUSY', { detail, headers: { 'retry-after': '5', connection: 'close' } })
  }

  #giveBack(bytes: number): void {
    this.#free += bytes
    this.#admit()
  }

  #admit(): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && next.bytes <= this.#free;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift()
      this.#free -= next.bytes
      next.enter()
    }
  }
}
