import { countBacklog, type Executor } from '@redrive/shared/database'
import { type Events, Loop, type Logger } from '@redrive/shared/runtime'
import { ProblemError } from '../problem-error.ts'

export interface BacklogGateOptions {
  readonly db: Executor
  readonly events: Events
  readonly logger: Logger
  /** Open tasks of all tenants. */
  readonly maxBacklog: number
  /** Open tasks of one tenant. */
  readonly maxTenantBacklog: number
}

const LOOK_MS = 1_000
/**
 * Counting reads every open row: a million took 0.6 to 1.2 s on two cores with much else to do. The pause after a look is
 * twenty times as long as the look took, so that it never costs more than a twentieth of one connection's time, up to a look of 1.5 s. An index by
 * tenant would make looks shorter and every submission dearer.
 */
const PAUSE_PER_LOOK = 20
/** Places that became free are to be seen within a client's patience, however slow a look was for other reasons. */
const MAX_PAUSE_MS = 30_000
/** A figure that was at its limit counts as recovered from here on, so that one around the limit is not told every second. */
const RECOVERED_SHARE = 0.9
/** A backlog drains within minutes rather than seconds; coming again a few seconds later finds the next look. */
const RETRY_AFTER_S = '10'

/**
 * Keeps the number of open tasks within its limits, of each tenant and of all. The figures are looked up and counted up in
 * between, so that a submission costs nothing. What is over a limit then: what other apis took since the last look, and
 * what ends of tasks and redrives opened; what ended since is free after the next look. Open until the first look, and by
 * the last figures while the ledger cannot be asked, since nothing can be accepted then.
 */
export class BacklogGate {
  readonly #options: BacklogGateOptions
  readonly #loop: Loop
  #open = new Map<string, number>()
  #openInAll = 0
  /** Taken since the look that is under way began: it may have seen them or not. */
  #takenMeanwhile = new Map<string, number>()
  #nextLookAtMs = 0
  /** The tenants, or all, that were told to be full. */
  readonly #full = new Set<string | null>()

  constructor(options: BacklogGateOptions) {
    this.#options = options
    const step = () => this.#look()
    this.#loop = new Loop({ name: 'backlog-gate', intervalMs: LOOK_MS, logger: options.logger, step })
  }

  start(): void {
    this.#loop.start()
  }

  async stop(): Promise<void> {
    await this.#loop.stop()
  }

  /** Open tasks of all tenants, as far as it is known here. */
  get openInAll(): number {
    return this.#openInAll
  }

  /** Takes places for tasks about to be stored. Throws TENANT_BACKLOG_FULL or BACKLOG_FULL when there are not so many. */
  take(tenantId: string, count: number): void {
    const { maxBacklog, maxTenantBacklog } = this.#options
    const open = this.#open.get(tenantId) ?? 0
    if (open + count > maxTenantBacklog) this.#refuse('TENANT_BACKLOG_FULL', { tenantId, open, count })
    if (this.#openInAll + count > maxBacklog)
      this.#refuse('BACKLOG_FULL', { tenantId, open: this.#openInAll, count })
    this.#add(tenantId, count)
  }

  /** For tasks that turned out to be there already, under their key. */
  giveBack(tenantId: string, count: number): void {
    this.#add(tenantId, -count)
  }

  #add(tenantId: string, count: number): void {
    this.#open.set(tenantId, Math.max(0, (this.#open.get(tenantId) ?? 0) + count))
    this.#openInAll = Math.max(0, this.#openInAll + count)
    this.#takenMeanwhile.set(tenantId, (this.#takenMeanwhile.get(tenantId) ?? 0) + count)
  }

  #refuse(code: 'TENANT_BACKLOG_FULL' | 'BACKLOG_FULL', refused: Refused): never {
    const isOfTenant = code === 'TENANT_BACKLOG_FULL'
    const limit = isOfTenant ? this.#options.maxTenantBacklog : this.#options.maxBacklog
    // A bulk that is larger than what is left says nothing about the backlog: single tasks are still taken.
    if (refused.open >= limit) this.#noteFull(isOfTenant ? refused.tenantId : null, refused.open)
    this.#options.events.emit('request.shed', {
      kind: 'submission',
      reason: isOfTenant ? 'tenant_backlog' : 'backlog',
    })
    const whose = isOfTenant ? 'of this tenant' : 'of all tenants'
    const detail = `${refused.open} tasks ${whose} are open, ${limit} may be, and this would add ${refused.count}. Nothing was accepted.`
    throw new ProblemError(code, { detail, headers: { 'retry-after': RETRY_AFTER_S } })
  }

  #noteFull(tenantId: string | null, open: number): void {
    if (this.#full.has(tenantId)) return
    this.#full.add(tenantId)
    this.#options.events.emit('backlog.full', { ...this.#scopeOf(tenantId), open })
  }

  async #look(): Promise<'idle'> {
    const startedAtMs = performance.now()
    if (startedAtMs < this.#nextLookAtMs) return 'idle'
    this.#takenMeanwhile = new Map()
    const counted = await countBacklog(this.#options.db)
    this.#open = new Map(counted.map(({ tenantId, open }) => [tenantId, open]))
    for (const [tenantId, count] of this.#takenMeanwhile)
      this.#open.set(tenantId, Math.max(0, (this.#open.get(tenantId) ?? 0) + count))
    this.#openInAll = [...this.#open.values()].reduce((sum, open) => sum + open, 0)
    this.#noteRecoveries()
    const now = performance.now()
    this.#nextLookAtMs = now + Math.min(MAX_PAUSE_MS, (now - startedAtMs) * PAUSE_PER_LOOK)
    return 'idle'
  }

  #noteRecoveries(): void {
    for (const tenantId of this.#full) {
      const open = tenantId === null ? this.#openInAll : (this.#open.get(tenantId) ?? 0)
      const scope = this.#scopeOf(tenantId)
      if (open > scope.limit * RECOVERED_SHARE) continue
      this.#full.delete(tenantId)
      this.#options.events.emit('backlog.below_limit', { ...scope, open })
    }
  }

  #scopeOf(tenantId: string | null) {
    const { maxBacklog, maxTenantBacklog } = this.#options
    return tenantId === null
      ? { scope: 'all', limit: maxBacklog }
      : { scope: 'tenant', tenantId, limit: maxTenantBacklog }
  }
}

interface Refused {
  readonly tenantId: string
  readonly open: number
  readonly count: number
}
