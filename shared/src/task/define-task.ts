import type { z } from 'zod'
import { DEFAULT_LANE, type Lane } from './lanes.ts'
import { mergeRetryPolicy } from './merge-retry-policy.ts'
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from './retry-policy.ts'
import { explainBadPaths } from './sensitive-path.ts'

export interface TaskProgress {
  readonly done: number
  readonly total?: number
  readonly note?: string
}

export interface HandlerLogger {
  info(fields: object, message?: string): void
  warn(fields: object, message?: string): void
  error(fields: object, message?: string): void
}

/** What a handler knows about its attempt beside the input. */
export interface HandlerContext {
  readonly taskId: string
  readonly attempt: number
  /** Aborted when the attempt timed out, was cancelled or taken away, or the worker stops. */
  readonly signal: AbortSignal
  /** The same for every attempt of the task: pass it to the systems that the handler calls. */
  readonly idempotencyKey: string
  readonly logger: HandlerLogger
  reportProgress(progress: TaskProgress): void
}

export interface TaskDefinition<Schema extends z.ZodType = z.ZodType> {
  /** Lower case words with dots, as in `invoices.send`. */
  readonly name: string
  readonly input: Schema
  readonly handler: (input: z.output<Schema>, context: HandlerContext) => unknown
  /** What is left out is as in `DEFAULT_RETRY_POLICY`. */
  readonly retry?: Partial<RetryPolicy>
  /** The longest that one attempt may take; 60 seconds unless stated. */
  readonly timeoutMs?: number
  readonly lane?: Lane
  readonly expectedDurationMs?: number
  /**
   * Fields of the input that are shown to nobody without leave: paths with dots, `*` for each element of a list or each
   * field of an object, as in `patients.*.name`. The handler gets the real values.
   */
  readonly sensitive?: readonly string[]
  /** `process`: each attempt runs in a process of its own, where a timeout kills for certain and a crash harms nobody. */
  readonly isolation?: Isolation
  /** Above it, the process of an attempt is killed; only with `isolation: 'process'`. */
  readonly memoryLimitMb?: number
}

export type Isolation = 'none' | 'process'

export interface TaskType {
  readonly name: string
  readonly input: z.ZodType
  readonly handler: (input: never, context: HandlerContext) => unknown
  readonly retry: RetryPolicy
  readonly timeoutMs: number
  readonly lane: Lane
  readonly expectedDurationMs: number | null
  /** Absent in types that an older copy of this package made. */
  readonly sensitive?: readonly string[]
  readonly isolation: Isolation
  readonly memoryLimitMb: number | null
}

const NAME = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/
const DEFAULT_TIMEOUT_MS = 60_000

/** Defines a task type; throws with the type's name where the definition cannot work. */
export function defineTask<Schema extends z.ZodType>(definition: TaskDefinition<Schema>): TaskType {
  const { name, input, handler, timeoutMs = DEFAULT_TIMEOUT_MS } = definition
  if (!NAME.test(name) || name.length > 100) {
    throw new TypeError(
      `Task type ${JSON.stringify(name)}: a name is lower-case words joined by dots, at most 100 characters`,
    )
  }
  if (typeof handler !== 'function') throw new TypeError(`Task type ${name}: the handler is not a function`)
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1)
    throw new TypeError(`Task type ${name}: timeoutMs must be a whole number from 1`)
  const sensitive = definition.sensitive ?? []
  const badPaths = explainBadPaths(sensitive)
  if (badPaths !== null) throw new TypeError(`Task type ${name}: sensitive ${badPaths}`)
  return {
    name,
    input,
    handler: handler as TaskType['handler'],
    retry: mergeRetryPolicy(DEFAULT_RETRY_POLICY, definition.retry ?? null),
    timeoutMs,
    lane: definition.lane ?? DEFAULT_LANE,
    expectedDurationMs: definition.expectedDurationMs ?? null,
    sensitive: [...sensitive],
    isolation: definition.isolation ?? 'none',
    memoryLimitMb: definition.memoryLimitMb ?? null,
  }
}
