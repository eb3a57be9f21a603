import type { TaskMatch } from '@redrive/shared/database'
import { parseTaskFilter } from '@redrive/shared/filter'
import type { ApiParts } from '../api-parts.ts'
import { type FilterRequest, resolveFilter } from './resolve-filter.ts'

/** The tasks that a filter means among those that the caller sees. Throws INVALID_QUERY or INVALID_BODY. */
export function readTaskFilter(request: FilterRequest, api: ApiParts): Promise<TaskMatch> {
  return resolveFilter(request, parseTaskFilter(request.sent), api)
}
