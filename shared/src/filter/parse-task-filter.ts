import type { TaskState } from '../task/index.ts'
import type { InputCondition, Numbers, Times, Words } from './filter-conditions.ts'
import type { FilterFault } from './filter-fault.ts'
import { TASK_FIELDS } from './filter-language.ts'
import { type ParsedFilter, parseFilter, type SentFilter } from './parse-filter.ts'

/** Which tasks: all whose every condition holds. Plain JSON in its normal form. */
export interface TaskFilter {
  readonly attempts?: Numbers
  readonly createdAt?: Times
  readonly input?: readonly InputCondition[]
  readonly lane?: Words
  readonly state?: Words<TaskState>
  readonly tag?: Words
  /** Names; see DeadLetterFilter. */
  readonly tenant?: Words
  readonly text?: string
  readonly type?: Words
  readonly user?: Words
}

/**
 * Reads the filter of a query string. Errors and inputs of tasks are not indexed, because `tasks` is written for every
 * task and read for few, so they are only looked into within a time. Never throws.
 */
export function parseTaskFilter(sent: SentFilter, now = new Date()): ParsedFilter<TaskFilter> {
  const parsed: ParsedFilter<TaskFilter> = parseFilter(sent, { language: TASK_FIELDS, now })
  if ('errors' in parsed || parsed.filter.createdAt?.from !== undefined) return parsed
  const message = 'needs a time to look through: add createdAt or createdAfter, for example createdAt=>=-24h'
  const unbounded = Object.keys(sent).filter((field) => field === 'text' || field.startsWith('input.'))
  const [first, ...more] = unbounded.map((field): FilterFault => ({ field, message }))
  return first === undefined ? parsed : { errors: [first, ...more] }
}
