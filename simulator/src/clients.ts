import type { AcceptedTask } from '@redrive/shared/database'
import { findFirst, type ReservedTask } from '@redrive/shared/protocol'
import { DEFAULT_TENANT_ID, LANES } from '@redrive/shared/task'
import type { AnyFlow } from './effect.ts'
import type { ApiProcess } from './processes.ts'
import { Violation } from './violation.ts'
import type { World } from './world.ts'

/** What a client wants: it sends the same again until it is answered, or goes away. */
interface Submission {
  readonly key: string | null
  readonly types: readonly string[]
  readonly lane: ReservedTask['lane']
  readonly delayMs: number
  readonly lifeMs: number | null
}

const RESERVED_MS = 3_000
const BODY = Buffer.from('body')
const OTHER_BODY = Buffer.from('other')

/** Who submits, and what they were told: the truth that the ledger is held against. */
export class Clients {
  /** Tasks that were answered with 2xx. */
  readonly accepted = new Set<string>()
  readonly #byKey = new Map<string, readonly string[]>()
  readonly #sent: Submission[] = []
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  /** A new submission, or the same once more under its key. */
  submit(api: ApiProcess): void {
    const { random } = this.#world
    const again = random.chance(0.35) ? random.pick(this.#sent.filter(({ key }) => key !== null)) : undefined
    const order = again ?? this.#draw()
    if (again === undefined) this.#sent.push(order)
    this.#world.tell(
      () =>
        `a client sends ${order.types.join(' and ')}${order.key === null ? '' : ` under the key ${order.key}`} to ${api.name}`,
    )
    this.#world.begin(api, 'submit', this.#submission(order))
  }

  #draw(): Submission {
    const { random, types } = this.#world
    const count = random.chance(0.2) ? 2 : 1
    return {
      key: random.chance(0.5) ? `k${this.#sent.length}` : null,
      types: Array.from({ length: count }, () => random.pick(types) ?? 'sound'),
      lane: random.pick(LANES) ?? 'normal',
      delayMs: random.chance(0.2) ? random.below(20_000) : 0,
      lifeMs: random.chance(0.15) ? 1_000 + random.below(60_000) : null,
    }
  }

  *#submission(order: Submission): AnyFlow {
    const { protocol, random } = this.#world
    const tasks = order.types.map((type) => this.#newTask(type, order))
    if (order.key === null) {
      const accepted = yield* protocol.submitTasks(tasks)
      this.#hear(order, accepted)
      return
    }
    const key = { tenantId: DEFAULT_TENANT_ID, route: 'tasks', key: order.key, bodyHash: BODY }
    if (random.chance(0.2)) return yield* this.#misuse(tasks, { ...key, bodyHash: OTHER_BODY })
    const first = random.chance(0.5) ? yield* findFirst(key) : null
    if (first === 'key_reused') throw new Violation('I5', `the key ${order.key} is refused for its own body`)
    if (first !== null) return this.#hear(order, first)
    const submitted = yield* protocol.submitWithKey(tasks, key)
    if (submitted === 'key_reused')
      throw new Violation('I5', `the key ${order.key} is refused for its own body`)
    this.#hear(order, submitted.accepted)
  }

  /** Somebody uses a key again for something else; only where it was used before, so that the body is the other one. */
  *#misuse(tasks: readonly ReservedTask[], key: Parameters<World['protocol']['submitWithKey']>[1]): AnyFlow {
    if (!this.#byKey.has(key.key)) return
    const submitted = yield* this.#world.protocol.submitWithKey(tasks, key)
    if (submitted !== 'key_reused')
      throw new Violation('I5', `the key ${key.key} is accepted for another body`)
  }

  #newTask(type: string, { lane, delayMs, lifeMs }: Submission): ReservedTask {
    const { newId, nowMs, random } = this.#world
    return {
      id: newId(),
      tenantId: DEFAULT_TENANT_ID,
      type,
      lane,
      input: '{}',
      tags: [],
      runAt: null,
      delayMs,
      attemptBudget: 3,
      timeoutMs: null,
      retry: null,
      expiresAt: lifeMs === null ? null : new Date(nowMs + lifeMs),
      callbackUrl: null,
      user: null,
      takenForMs: random.chance(0.7) ? RESERVED_MS : null,
    }
  }

  #hear({ key }: Submission, accepted: readonly AcceptedTask[]): void {
    const ids = accepted.map(({ id }) => id)
    for (const id of ids) {
      if (!this.#world.tables.tasks.has(id))
        throw new Violation('I1', `task ${Number(id.slice(-12))} is accepted and not stored`)
      this.accepted.add(id)
    }
    if (key === null) return
    const before = this.#byKey.get(key)
    if (before !== undefined && before.join() !== ids.join())
      throw new Violation(
        'I5',
        `the key ${key} gave other tasks before: ${before.length} of ${ids.length} differ`,
      )
    this.#byKey.set(key, ids)
  }
}
