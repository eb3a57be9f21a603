import type { Executor, TaskTypeView } from '@redrive/shared/database'
import { listTaskTypes } from '@redrive/shared/database'
import { Loop, type Logger } from '@redrive/shared/runtime'
import { DEFAULT_LANE, isLane } from '@redrive/shared/task'
import { compileInputCheck } from './compile-input-check.ts'
import type { KnownType } from './known-type.ts'

const REFRESH_MS = 2_000
/** Requests for types that nobody has may cost a look at the ledger so often, and no more. */
const MIN_LOOK_MS = 250

interface Compiled {
  /** The registered schema's text: the check is kept while it stays the same. */
  readonly schema: string
  readonly type: KnownType
}

/**
 * The task types that workers have registered, as they were two seconds ago at the latest. A type that is not among them
 * is looked for in the ledger at once, so that one may be used as soon as its worker has registered it.
 */
export class TaskTypeDirectory {
  readonly #db: Executor
  readonly #logger: Logger
  readonly #loop: Loop
  #types: ReadonlyMap<string, Compiled> | null = null
  #looking: Promise<void> | null = null
  #lookedAtMs = Number.NEGATIVE_INFINITY

  constructor({ db, logger }: { readonly db: Executor; readonly logger: Logger }) {
    this.#db = db
    this.#logger = logger
    this.#loop = new Loop({ name: 'task-types', intervalMs: REFRESH_MS, logger, step: () => this.#step() })
  }

  start(): void {
    this.#loop.start()
  }

  async stop(): Promise<void> {
    await this.#loop.stop()
  }

  /** The types among these names that are known; unknown ones are looked for first. Throws when the ledger cannot be asked. */
  async findAll(names: ReadonlySet<string>): Promise<ReadonlyMap<string, KnownType>> {
    if (!this.#knows(names)) await this.#lookAgain()
    const found = new Map<string, KnownType>()
    for (const name of names) {
      const compiled = this.#types?.get(name)
      if (compiled !== undefined) found.set(name, compiled.type)
    }
    return found
  }

  /** The same for one name, without waiting where it is known. */
  find(name: string): KnownType | undefined | Promise<KnownType | undefined> {
    const known = this.#types?.get(name)?.type
    return known ?? this.findAll(new Set([name])).then((found) => found.get(name))
  }

  /** All known names, in order. */
  names(): readonly string[] {
    return [...(this.#types?.keys() ?? [])]
  }

  #knows(names: ReadonlySet<string>): boolean {
    return this.#types !== null && [...names].every((name) => this.#types?.has(name) === true)
  }

  async #step(): Promise<'idle'> {
    await this.#look()
    return 'idle'
  }

  async #lookAgain(): Promise<void> {
    const isRecent = performance.now() - this.#lookedAtMs < MIN_LOOK_MS
    if (this.#types !== null && isRecent && this.#looking === null) return
    await this.#look()
  }

  /** One look at a time: those who ask meanwhile share it. */
  #look(): Promise<void> {
    this.#looking ??= this.#read().finally(() => {
      this.#looking = null
    })
    return this.#looking
  }

  async #read(): Promise<void> {
    const views = await listTaskTypes(this.#db)
    this.#types = new Map(views.map((view) => [view.name, this.#compile(view)]))
    this.#lookedAtMs = performance.now()
  }

  #compile(view: TaskTypeView): Compiled {
    const before = this.#types?.get(view.name)
    const schema = JSON.stringify(view.inputSchema)
    const checkInput = before?.schema === schema ? before.type.checkInput : this.#compileSchema(view)
    const lane = isLane(view.lane) ? view.lane : DEFAULT_LANE
    const { name, sensitive, retry } = view
    return { schema, type: { name, lane, maxAttempts: retry.maxAttempts, sensitive, checkInput } }
  }

  #compileSchema({ name, inputSchema }: TaskTypeView): KnownType['checkInput'] {
    const check = compileInputCheck(inputSchema)
    if (check === null) {
      this.#logger.warn(
        { type: name },
        'The input schema of a task type cannot be used; only workers check its inputs.',
      )
    }
    return check
  }
}
