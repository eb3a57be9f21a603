import type { DeadLetterMatch } from '@redrive/shared/database'
import { parseDeadLetterFilter } from '@redrive/shared/filter'
import type { ApiParts } from '../api-parts.ts'
import { type FilterRequest, resolveFilter } from './resolve-filter.ts'

/** The dead letters that a filter means among those that the caller sees. Throws INVALID_QUERY or INVALID_BODY. */
export function readDeadLetterFilter(request: FilterRequest, api: ApiParts): Promise<DeadLetterMatch> {
  return resolveFilter(request, parseDeadLetterFilter(request.sent), api)
}
