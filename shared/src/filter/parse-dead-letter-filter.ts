import type { DeadLetterState } from '../task/index.ts'
import type { InputCondition, Numbers, Times, Words } from './filter-conditions.ts'
import { DEAD_LETTER_FIELDS } from './filter-language.ts'
import { type ParsedFilter, parseFilter, type SentFilter } from './parse-filter.ts'

/** Which dead letters: all whose every condition holds. Plain JSON in its normal form: equal filters are equal text. */
export interface DeadLetterFilter {
  readonly attempts?: Numbers
  readonly diedAt?: Times
  readonly fingerprint?: Words
  readonly foreign?: boolean
  readonly input?: readonly InputCondition[]
  readonly lane?: Words
  readonly reason?: Words
  readonly state?: Words<DeadLetterState>
  readonly tag?: Words
  readonly taskId?: Words
  /** Names. n.b. A statement looks at ids: whoever runs the filter turns these into the tenants that it looks through. */
  readonly tenant?: Words
  readonly text?: string
  readonly type?: Words
  readonly user?: Words
  readonly workerVersion?: Words
}

/** Reads the filter of a query string or of a JSON body. Relative times are counted back from `now`. Never throws. */
export function parseDeadLetterFilter(sent: SentFilter, now = new Date()): ParsedFilter<DeadLetterFilter> {
  return parseFilter(sent, { language: DEAD_LETTER_FIELDS, now })
}
