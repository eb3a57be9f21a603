import type { History } from '../history.ts'
import type { Random } from '../random.ts'
import { call, type Answer, type Outcome } from './client.ts'
import type { Command, Known, Submission } from './known.ts'

export interface ClientsPlan {
  readonly apiUrl: string
  readonly sideLog: string
  readonly random: Random
  readonly history: History
  readonly known: Known
  readonly rate: number
}

/** How often each type is submitted, in parts of a thousand. */
const TYPES = {
  'torture.fast': 520,
  'torture.slow': 120,
  'torture.retried': 130,
  'torture.broken': 60,
  'torture.mended': 100,
  'torture.crashing': 3,
  'torture.stalling': 2,
} as const

/**
 * Submitted alone only: each costs processes, its own and those in which its neighbours are tried again, and thirty at once
 * would leave two cores to nothing else, so that a fault's recovery could not be told from theirs.
 */
const COSTLY: ReadonlySet<string> = new Set(['torture.crashing', 'torture.stalling'])

/** What a client does next, likewise. */
const ACTS = {
  one: 500,
  many: 80,
  twice: 60,
  read: 200,
  cancel: 40,
  redrive: 60,
  recall: 20,
  discard: 10,
  redriveMany: 6,
} as const

interface SubmissionPlan {
  readonly most: number
  readonly isKeyed: boolean
  /** How often it is sent at once. */
  readonly times: number
}

const REPEAT_AFTER_MS = 500
const MAX_UNDER_WAY = 200
/** So long clients repeat what was not answered, when no fault is left. */
const ANSWERED_WITHIN_MS = 120_000
/** The oldest tasks are read no more. */
const RECENT = 2_000

/**
 * Clients that submit, read and command through the public door, and write down what they asked and what they were
 * told. One that was not told repeats a submission under its key until it is.
 */
export class Clients {
  readonly #plan: ClientsPlan
  readonly #underWay = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | null = null
  #count = 0
  #givesUpAtMs = Number.POSITIVE_INFINITY
  /** Ids of tasks in order of acceptance, the last few thousand. */
  readonly #recent: string[] = []
  readonly #ops = new Map<string, { readonly name: string; readonly type: string }>()

  constructor(plan: ClientsPlan) {
    this.#plan = plan
  }

  start(): void {
    this.#timer = setInterval(() => this.#begin(), 1_000 / this.#plan.rate)
  }

  /** Begins nothing more, and waits until every keyed submission is known, or two minutes are over. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#givesUpAtMs = this.#plan.history.nowMs + ANSWERED_WITHIN_MS
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  /** Begins nothing more and repeats nothing, for a run that is broken off. */
  halt(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#givesUpAtMs = 0
  }

  #begin(): void {
    if (this.#underWay.size >= MAX_UNDER_WAY) return
    const act = draw(ACTS, this.#plan.random)
    const done = this.#do(act).finally(() => this.#underWay.delete(done))
    this.#underWay.add(done)
  }

  async #do(act: keyof typeof ACTS): Promise<void> {
    switch (act) {
      case 'one':
        return await this.#submit({ most: 1, isKeyed: this.#plan.random.chance(0.7), times: 1 })
      case 'many':
        return await this.#submit({ most: 30, isKeyed: true, times: 1 })
      case 'twice':
        return await this.#submit({ most: 3, isKeyed: true, times: 2 })
      case 'read':
        return await this.#read()
      case 'cancel':
        return await this.#cancel()
      case 'redrive':
      case 'discard':
        return await this.#commandDeadLetter(act, 'open')
      case 'recall':
        return await this.#commandDeadLetter(act, 'redriven')
      case 'redriveMany':
        return await this.#redriveMany()
    }
  }

  async #submit({ most, isKeyed, times }: SubmissionPlan): Promise<void> {
    const { random, known, history } = this.#plan
    const op = `op-${this.#count++}`
    const type = draw(TYPES, random)
    const count = COSTLY.has(type) ? 1 : random.int(1, most)
    const submission: Submission = {
      op,
      type,
      count,
      key: isKeyed ? op : null,
      askedAtMs: history.nowMs,
      ids: null,
      outcome: 'unknown',
    }
    known.submissions.push(submission)
    const body = Array.from({ length: count }, () => this.#describeTask(op, type))
    history.add('submit.invoked', { op, type, count, isKeyed, times })
    await Promise.all(Array.from({ length: times }, () => this.#untilKnown(submission, body)))
  }

  #describeTask(op: string, type: keyof typeof TYPES): object {
    const { random, sideLog } = this.#plan
    const input = {
      sideLog,
      op,
      ...(type === 'torture.slow' && { durationMs: random.int(200, 4_000) }),
      ...(type === 'torture.stalling' && { durationMs: random.int(500, 8_000) }),
    }
    const delay = random.chance(0.1) ? later(random) : {}
    const lane = random.chance(0.3) ? { lane: random.pick(['high', 'normal', 'low']) } : {}
    return { type, input, tags: [op], ...delay, ...lane }
  }

  async #untilKnown(submission: Submission, tasks: readonly object[]): Promise<void> {
    const { key, count, op } = submission
    const [path, body] = count === 1 ? ['/tasks', tasks[0]] : ['/tasks/bulk', tasks]
    for (;;) {
      const outcome = await this.#call(path, { body, ...(key !== null && { key }) })
      this.#plan.history.add(`submit.${outcome.kind}`, { op, ...shorten(outcome) })
      if (outcome.kind === 'ok')
        return this.#accept(submission, count === 1 ? [outcome.body.id] : outcome.body.ids)
      if (outcome.kind === 'fail' && outcome.status !== 429) {
        if (submission.outcome !== 'ok') submission.outcome = 'fail'
        return
      }
      if (key === null || this.#plan.history.nowMs > this.#givesUpAtMs) return
      await pause(REPEAT_AFTER_MS)
    }
  }

  #accept(submission: Submission, ids: readonly string[]): void {
    const { history } = this.#plan
    if (submission.ids !== null && submission.ids.join() !== ids.join())
      history.add('violation.key', { op: submission.op, first: submission.ids, then: ids })
    const isFirst = submission.ids === null
    submission.ids ??= ids
    submission.outcome = 'ok'
    if (!isFirst) return
    for (const id of ids) this.#ops.set(id, { name: submission.op, type: submission.type })
    this.#recent.push(...ids)
    this.#recent.splice(0, Math.max(0, this.#recent.length - RECENT))
  }

  async #read(): Promise<void> {
    const { random, known, history } = this.#plan
    if (this.#recent.length === 0) return
    const taskId = random.pick(this.#recent)
    const askedAtMs = history.nowMs
    const outcome = await this.#call(`/tasks/${taskId}`)
    if (outcome.kind === 'ok') {
      const { state, result } = outcome.body
      known.sightings.push({ taskId, askedAtMs, atMs: history.nowMs, state, result })
    } else if (outcome.kind === 'fail') history.add('violation.read', { taskId, ...shorten(outcome) })
  }

  async #cancel(): Promise<void> {
    const { random } = this.#plan
    if (this.#recent.length === 0) return
    const taskId = random.pick(this.#recent)
    await this.#command(
      { kind: 'cancel', taskId, deadLetterId: null, outcome: 'unknown' },
      `/tasks/${taskId}/cancel`,
    )
  }

  async #commandDeadLetter(kind: 'discard' | 'recall' | 'redrive', state: string): Promise<void> {
    const found = await this.#call(`/dead-letters?state=${state}&limit=50`)
    const items: readonly Answer[] = found.kind === 'ok' ? found.body.items : []
    const own = items.filter(({ taskId }) => taskId !== null)
    if (own.length === 0) return
    const { id, taskId } = this.#plan.random.pick(own)
    const command: Command = { kind, taskId, deadLetterId: id, outcome: 'unknown' }
    await this.#command(command, `/dead-letters/${id}/${kind}`, this.#edit(command))
  }

  /** Some redrives change what they send back. */
  #edit({ kind, taskId }: Command): object | undefined {
    const { random, sideLog } = this.#plan
    if (kind !== 'redrive' || !random.chance(0.5)) return undefined
    const op = this.#ops.get(taskId)
    const input = op?.type === 'torture.mended' ? { input: { sideLog, op: op.name } } : {}
    return { ...input, lane: random.pick(['high', 'normal', 'low']), maxAttempts: random.int(1, 4) }
  }

  async #command(command: Command, path: string, body?: object): Promise<void> {
    const { known, history } = this.#plan
    known.commands.push(command)
    const { kind, taskId } = command
    history.add('command.invoked', { kind, taskId })
    const outcome = await this.#call(path, { method: 'POST', ...(body !== undefined && { body }) })
    command.outcome = outcome.kind
    history.add(`command.${outcome.kind}`, { kind, taskId, ...shorten(outcome) })
  }

  async #redriveMany(): Promise<void> {
    const { known, history } = this.#plan
    const body = { filter: { type: 'torture.mended' }, reason: 'the receiver is back', ratePerSecond: 200 }
    const planned = await this.#call('/redrives', { body })
    if (planned.kind !== 'ok') return
    const { id } = planned.body
    known.redrives.push(id)
    const executed = await this.#call(`/redrives/${id}/execute`, { method: 'POST' })
    history.add(`redrive.${executed.kind}`, { id, ...shorten(executed) })
    if (this.#plan.random.chance(0.3)) await this.#call(`/redrives/${id}/recall`, { method: 'POST' })
  }

  async #call(path: string, order: Parameters<typeof call>[1] = {}): Promise<Outcome> {
    const startedAtMs = performance.now()
    const outcome = await call(`${this.#plan.apiUrl}/api/v1${path}`, order)
    const durationMs = Math.round(performance.now() - startedAtMs)
    const status = outcome.kind === 'unknown' ? Number.parseInt(outcome.why, 10) || 0 : outcome.status
    if (status === 0 || status === 429 || status >= 500)
      this.#plan.known.refusals.push({ status, durationMs })
    return outcome
  }
}

function draw<Name extends string>(weights: Readonly<Record<Name, number>>, random: Random): Name {
  const entries = Object.entries(weights) as [Name, number][]
  let left = random.next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [name, weight] of entries) {
    left -= weight
    if (left < 0) return name
  }
  throw new RangeError('no weights')
}

function later(random: Random): object {
  const delayMs = random.int(100, 5_000)
  return random.chance(0.5) ? { delayMs } : { runAt: new Date(Date.now() + delayMs).toISOString() }
}

function shorten(outcome: Outcome): object {
  if (outcome.kind === 'unknown') return { why: outcome.why }
  return { status: outcome.status, ...(outcome.kind === 'fail' && { code: outcome.body?.code }) }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
