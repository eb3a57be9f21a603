import { type Executor, listTenants, type Tenant } from '@redrive/shared/database'

/** So long a new tenant may go unseen in the lists of whoever sees all. */
const MAX_AGE_MS = 1_000

/** The tenants as they were a second ago at the latest. One look at a time: those who ask meanwhile share it. */
export class TenantDirectory {
  readonly #db: Executor
  #looking: Promise<readonly Tenant[]> | null = null
  #lookedAtMs = Number.NEGATIVE_INFINITY

  constructor(db: Executor) {
    this.#db = db
  }

  /** Throws when the ledger cannot be asked. */
  async all(): Promise<readonly Tenant[]> {
    if (this.#looking === null || performance.now() - this.#lookedAtMs > MAX_AGE_MS) {
      this.#lookedAtMs = performance.now()
      const looking = listTenants(this.#db)
      this.#looking = looking
      // A look that failed is not kept; whoever asked for it hears of it.
      looking.catch(() => {
        if (this.#looking === looking) this.#looking = null
      })
    }
    return await this.#looking
  }
}
