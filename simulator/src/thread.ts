import type { AnyFlow, Effect } from './effect.ts'

/** What performing an effect came to: an answer, an error thrown into the flow, a flow whose result is the answer, or nothing yet. */
export type Performed =
  | { readonly answer: unknown }
  | { readonly error: StoreError }
  | { readonly flow: AnyFlow }
  | 'again'

/** A store refused or did not answer: the one kind of error that a flow may end with. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}

type Resume = (top: AnyFlow) => IteratorResult<Effect, unknown>

/** One flow that a process has begun, advanced one effect at a time by whoever schedules it. */
export class Thread {
  readonly name: string
  /** How often the statement that it waits for was asked in vain. */
  vainAsks = 0
  readonly #stack: AnyFlow[]
  #effect: Effect | null = null

  constructor(name: string, flow: AnyFlow) {
    this.name = name
    this.#stack = [flow]
    this.#advance((top) => top.next())
  }

  /** The effect that it waits for; null when it is done. */
  get effect(): Effect | null {
    return this.#effect
  }

  /** Performs the pending effect; the flow goes on to its next one. */
  step(perform: (effect: Effect) => Performed): void {
    if (this.#effect === null) return
    const performed = perform(this.#effect)
    if (performed === 'again') {
      this.vainAsks += 1
      return
    }
    this.vainAsks = 0
    if ('answer' in performed) this.#advance((top) => top.next(performed.answer))
    else if ('error' in performed) this.#advance((top) => top.throw(performed.error))
    else {
      this.#stack.push(performed.flow)
      this.#advance((top) => top.next())
    }
  }

  #advance(first: Resume): void {
    this.#effect = null
    let resume: Resume = first
    for (let top = this.#stack.at(-1); top !== undefined; top = this.#stack.at(-1)) {
      const result = resumeOrFail(top, resume)
      if ('error' in result) {
        this.#stack.pop()
        // What a flow does not catch is thrown into the one that began it, and ends the thread after the last.
        resume = (below) => below.throw(result.error)
      } else if (result.done === true) {
        this.#stack.pop()
        resume = (below) => below.next(result.value)
      } else {
        this.#effect = result.value
        return
      }
    }
  }
}

/** Only a store may fail: any other error is one of the protocol's own. */
function resumeOrFail(
  top: AnyFlow,
  resume: Resume,
): IteratorResult<Effect, unknown> | { readonly error: StoreError } {
  try {
    return resume(top)
  } catch (error) {
    if (error instanceof StoreError) return { error }
    throw error
  }
}
