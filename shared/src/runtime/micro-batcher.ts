export interface MicroBatcherOptions<Item, Result> {
  readonly maxSize: number
  /** Batches at work at the same time; 1 unless given. */
  readonly maxInFlight?: number
  /** Must return one result per item, in the order of the items. */
  run(items: readonly Item[]): Promise<readonly Result[]>
  /** True for an error that one item of the batch must have caused, so that the others are worth another run. */
  isItemFault?(error: unknown): boolean
}

interface Waiting<Item, Result> {
  readonly item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Gathers single items into batches without a timer. An item that finds nothing in flight goes at once, with those
 * added in the same turn of the event loop; while a batch is in flight, items gather, and go when it ends or when a
 * whole batch is there and another may start. So light load waits for nothing, and heavy load makes large batches.
 *
 * A batch that fails rejects all its items, unless `isItemFault` says that one item is to blame: then it is halved
 * until the culprit is alone, and only that one is rejected. The halves run one after the other in their batch's
 * place, so a run may see an item again, but never one whose run succeeded.
 */
export class MicroBatcher<Item, Result> {
  readonly #options: MicroBatcherOptions<Item, Result>
  readonly #maxInFlight: number
  #waiting: Waiting<Item, Result>[] = []
  #inFlight = 0
  #isFlushPlanned = false
  #isStopped = false
  #whenIdle: (() => void)[] = []

  constructor(options: MicroBatcherOptions<Item, Result>) {
    this.#options = options
    this.#maxInFlight = options.maxInFlight ?? 1
    if (options.maxSize < 1 || this.#maxInFlight < 1)
      throw new RangeError('maxSize and maxInFlight must be 1 or more.')
  }

  /** Resolves with the item's own result. Rejects when its batch failed, or at once when the batcher is stopped. */
  add(item: Item): Promise<Result> {
    if (this.#isStopped) return Promise.reject(new Error('This batcher is stopped and takes no more items.'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      this.#planFlush()
    })
  }

  /** Takes no more items; resolves when every item added before has its result or error. */
  async stop(): Promise<void> {
    this.#isStopped = true
    if (this.#isIdle()) return
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  /** A microtask later, so that items added in one go, as from one packet of the broker, share their batch. */
  #planFlush(): void {
    if (this.#isFlushPlanned || !this.#mayStartBatch()) return
    this.#isFlushPlanned = true
    queueMicrotask(() => {
      this.#isFlushPlanned = false
      this.#flush()
    })
  }

  #mayStartBatch(): boolean {
    if (this.#waiting.length === 0 || this.#inFlight >= this.#maxInFlight) return false
    return this.#inFlight === 0 || this.#waiting.length >= this.#options.maxSize
  }

  #flush(): void {
    while (this.#mayStartBatch()) {
      const batch = this.#waiting.slice(0, this.#options.maxSize)
      this.#waiting = this.#waiting.slice(this.#options.maxSize)
      this.#inFlight += 1
      void this.#settle(batch).then(() => this.#endBatch())
    }
  }

  #endBatch(): void {
    this.#inFlight -= 1
    this.#flush()
    if (!this.#isIdle()) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  #isIdle(): boolean {
    return this.#inFlight === 0 && this.#waiting.length === 0
  }

  /** Gives every item of the batch its result or error; never rejects itself. */
  async #settle(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#run(batch.map(({ item }) => item))
      batch.forEach((waiting, index) => waiting.resolve(results[index] as Result))
    } catch (error) {
      if (batch.length > 1 && this.#options.isItemFault?.(error) === true) return this.#settleHalves(batch)
      for (const waiting of batch) waiting.reject(error)
    }
  }

  async #settleHalves(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    const middle = Math.ceil(batch.length / 2)
    await this.#settle(batch.slice(0, middle))
    await this.#settle(batch.slice(middle))
  }

  async #run(items: readonly Item[]): Promise<readonly Result[]> {
    const results = await this.#options.run(items)
    if (results.length === items.length) return results
    throw new Error(
      `A batch of ${items.length} items got ${results.length} results; which is whose is not known.`,
    )
  }
}
