import type { Events } from '@redrive/shared/runtime'
import { ProblemError } from '../problem-error.ts'
import type { SheddingLevel } from './load-judge.ts'
import { LOAD_KINDS, type LoadKind } from './load-kind.ts'

export interface AdmissionOptions {
  /** Of each kind, so that none keeps the others out. */
  readonly maxRequests: number
  readonly load: { readonly level: SheddingLevel }
  readonly events: Events
}

/** A little more than may wait for endings; those beyond are answered with the present state, as other reads are. */
const MAX_WAITS = 6_000
const NOTHING = (): void => undefined
/** Spread, or everybody who was refused would come again in the same moment. */
const RETRY_AFTER_S = { min: 1, max: 5 }

/**
 * Lets requests in, or tells them at once to come again: when the api is behind, and when as many of their kind are worked
 * on as may be. A refused request has done nothing.
 */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #counts = new Map<LoadKind, number>(LOAD_KINDS.map((kind) => [kind, 0]))

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  count(kind: LoadKind): number {
    return this.#counts.get(kind) ?? 0
  }

  /** Before the body is read: throws SERVER_BUSY when the api refuses this kind for its load. */
  check(kind: LoadKind | null): void {
    const { level } = this.#options.load
    const isShed =
      (kind === 'submission' && level >= 1) || ((kind === 'read' || kind === 'wait') && level >= 2)
    if (isShed && kind !== null) this.#refuse(kind, 'load')
  }

  /**
   * Once the request is whole, so that slow senders take no place: throws SERVER_BUSY when there is none, else returns
   * what gives the place back.
   */
  enter(kind: LoadKind | null): () => void {
    if (kind === null) return NOTHING
    const count = this.count(kind)
    if (count >= (kind === 'wait' ? MAX_WAITS : this.#options.maxRequests)) this.#refuse(kind, 'requests')
    this.#counts.set(kind, count + 1)
    return () => this.#counts.set(kind, this.count(kind) - 1)
  }

  #refuse(kind: LoadKind, reason: 'load' | 'requests'): never {
    this.#options.events.emit('request.shed', { kind, reason })
    const { min, max } = RETRY_AFTER_S
    const retryAfterS = min + Math.floor(Math.random() * (max - min + 1))
    const detail =
      reason === 'load'
        ? 'The api is behind with its work and takes no more of this kind until it has caught up.'
        : `The api works on ${this.count(kind)} requests of this kind already, and on no more at once.`
    throw new ProblemError('SERVER_BUSY', { detail, headers: { 'retry-after': String(retryAfterS) } })
  }
}
