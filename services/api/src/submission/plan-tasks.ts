import { type FieldError, type NewTaskBody, newTaskSchema } from '@redrive/shared/contract'
import { newId } from '@redrive/shared/runtime'
import { MAX_FIELD_ERRORS } from '../json/find-unstorable.ts'
import { toFieldErrors } from '../json/to-field-errors.ts'
import { ProblemError } from '../problem-error.ts'
import type { ProblemCode } from '../problems.ts'
import type { KnownType } from '../task-types/known-type.ts'
import type { TaskTypeDirectory } from '../task-types/task-type-directory.ts'
import { unknownTypeDetail } from '../task-types/unknown-task-type.ts'
import { LATER_FIELDS } from './later-fields.ts'
import type { PlannedTask } from './planned-task.ts'
import { readOwnRetry } from './read-own-retry.ts'

export interface PlanOptions {
  readonly types: TaskTypeDirectory
  readonly tenantId: string
  /** The largest input, in bytes of JSON. */
  readonly maxInputBytes: number
  /** Whether errors say which of several tasks they are about. */
  readonly isBulk: boolean
}

/**
 * Checks what clients want to submit and fills in what they left to the task type. All or nothing: throws one problem
 * with everything that is wrong, up to a hundred errors.
 */
export async function planTasks(
  sent: readonly unknown[],
  options: PlanOptions,
): Promise<readonly PlannedTask[]> {
  const complaints = new Complaints(options.isBulk)
  const bodies = sent.map((value, index) => readBody(value, index, complaints))
  const names = new Set(bodies.flatMap((body) => (body === null ? [] : [body.type])))
  const types = names.size === 0 ? new Map<string, KnownType>() : await findTypes(names, options.types)
  const planned: PlannedTask[] = []
  for (const [index, body] of bodies.entries()) {
    if (complaints.isFull) break
    const task =
      body === null ? null : plan({ body, index, type: types.get(body.type) }, { ...options, complaints })
    if (task !== null) planned.push(task)
  }
  complaints.throwIfAny()
  return planned
}

async function findTypes(
  names: ReadonlySet<string>,
  types: TaskTypeDirectory,
): Promise<ReadonlyMap<string, KnownType>> {
  const [only] = names
  if (names.size > 1 || only === undefined) return types.findAll(names)
  const found = await types.find(only)
  return found === undefined ? new Map() : new Map([[only, found]])
}

function readBody(value: unknown, index: number, complaints: Complaints): NewTaskBody | null {
  if (complaints.isFull) return null
  const read = newTaskSchema.safeParse(value)
  if (read.success) return read.data
  complaints.add('INVALID_BODY', index, toFieldErrors(read.error.issues, { unknownKey: explainUnknownKey }))
  return null
}

function explainUnknownKey(key: string): string {
  return LATER_FIELDS.has(key) ? 'is not offered by this version' : 'is not a known property'
}

interface Candidate {
  readonly body: NewTaskBody
  readonly index: number
  readonly type: KnownType | undefined
}

function plan(
  { body, index, type }: Candidate,
  options: PlanOptions & { complaints: Complaints },
): PlannedTask | null {
  const { complaints, tenantId, maxInputBytes, types } = options
  if (type === undefined) {
    const message = unknownTypeDetail(body.type, types.names())
    complaints.add('UNKNOWN_TASK_TYPE', index, [{ path: '/type', message }], {
      knownTypes: types.names().slice(0, 50),
    })
    return null
  }
  const input = JSON.stringify(body.input)
  // Before the schema: of an input of many megabytes it might complain a million times.
  if (input.length > maxInputBytes || Buffer.byteLength(input) > maxInputBytes) {
    const expected = `at most ${maxInputBytes} bytes of JSON`
    complaints.add('INVALID_BODY', index, [{ path: '/input', message: `expected ${expected}`, expected }])
    return null
  }
  const faults = type.checkInput?.(body.input) ?? []
  if (faults.length > 0) {
    complaints.add(
      'INVALID_INPUT',
      index,
      faults.map((fault) => ({ ...fault, path: `/input${fault.path}` })),
    )
    return null
  }
  return {
    id: newId(),
    tenantId,
    type: body.type,
    lane: body.lane ?? type.lane,
    input,
    sentInput: body.input,
    tags: body.tags ?? [],
    runAt: body.runAt === undefined ? null : new Date(body.runAt),
    delayMs: body.delayMs ?? 0,
    attemptBudget: body.maxAttempts ?? body.retry?.maxAttempts ?? type.maxAttempts,
    timeoutMs: body.timeoutMs ?? null,
    retry: readOwnRetry(body),
    expiresAt: body.expiresAt === undefined ? null : new Date(body.expiresAt),
    callbackUrl: body.callbackUrl ?? null,
    user: body.user ?? null,
  }
}

/** Gathers what is wrong until there is enough of it. The first complaint gives the problem its code. */
class Complaints {
  readonly #isBulk: boolean
  readonly #errors: FieldError[] = []
  #code: ProblemCode | null = null
  #extensions: Readonly<Record<string, unknown>> = {}

  constructor(isBulk: boolean) {
    this.#isBulk = isBulk
  }

  get isFull(): boolean {
    return this.#errors.length >= MAX_FIELD_ERRORS
  }

  // oxlint-disable-next-line max-params -- one complaint has these four parts, and a call is one line.
  add(
    code: ProblemCode,
    index: number,
    errors: readonly FieldError[],
    extensions: Readonly<Record<string, unknown>> = {},
  ): void {
    this.#code ??= code
    if (code === this.#code) this.#extensions = { ...extensions, ...this.#extensions }
    for (const error of errors) {
      if (this.isFull) return
      const own = code === this.#code ? {} : { code }
      this.#errors.push({ ...error, ...own, ...(this.#isBulk ? { index } : {}) })
    }
  }

  throwIfAny(): void {
    if (this.#code === null) return
    throw new ProblemError(this.#code, {
      detail: this.#detail(),
      errors: this.#errors,
      extensions: this.#extensions,
    })
  }

  #detail(): string {
    const [first] = this.#errors
    if (first === undefined) return 'The body does not have the expected form.'
    const place = this.#isBulk ? `Task ${first.index} of the array: ` : ''
    const what =
      this.#code === 'UNKNOWN_TASK_TYPE' ? first.message : `${first.path || 'the body'}: ${first.message}`
    const more = this.#errors.length > 1 ? ` (and ${this.#errors.length - 1} more)` : ''
    const whole = this.#isBulk ? ' Nothing was accepted.' : ''
    return `${place}${what}${more}${what.endsWith('.') && more === '' ? '' : '.'}${whole}`
  }
}
