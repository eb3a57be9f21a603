import { hash } from 'node:crypto'
import { ProblemError } from '../problem-error.ts'
import { isUuid } from './is-uuid.ts'

export interface PageRequest {
  readonly limit: number
  readonly cursor?: string | undefined
  /** Which list, with its filters: a cursor of another one is refused. */
  readonly list: Readonly<Record<string, unknown>>
}

export interface FoundPage<Row> {
  readonly rows: readonly Row[]
  readonly nextCursor: string | null
}

interface PagePart {
  readonly limit: number
  readonly maxBytes: number
  readonly beforeId?: string
}

type Read<Row> = (page: PagePart) => Promise<readonly Row[]>

/**
 * A page ends early with the row that passes this. A row may itself have half a MiB, or a few with all its attempts; a
 * thousand of them at once would take more memory than the process has.
 */
export const MAX_PAGE_BYTES = 8 * 1_048_576

/**
 * One page of a list that is ordered by id, newest first. Reads one row more than asked, to know whether there is another
 * page; rows that come meanwhile are newer than the cursor, so pages neither repeat nor skip any. A list of large rows says
 * by `isFollowed` that a page ended early. Throws INVALID_CURSOR.
 */
export async function findPage<Row extends { readonly id: string; readonly isFollowed?: boolean }>(
  { limit, cursor, list }: PageRequest,
  read: Read<Row>,
): Promise<FoundPage<Row>> {
  const mark = markOf(list)
  const beforeId = cursor === undefined ? undefined : decodeCursor(cursor, mark)
  const found = await read({
    limit: limit + 1,
    maxBytes: MAX_PAGE_BYTES,
    ...(beforeId === undefined ? {} : { beforeId }),
  })
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  const hasMore = found.length > limit || last?.isFollowed === true
  return { rows, nextCursor: hasMore && last !== undefined ? encodeCursor(last.id, mark) : null }
}

function markOf(list: Readonly<Record<string, unknown>>): string {
  return hash('sha256', JSON.stringify(list), 'base64url').slice(0, 8)
}

function encodeCursor(id: string, mark: string): string {
  return Buffer.from(`${mark}${id}`).toString('base64url')
}

function decodeCursor(cursor: string, mark: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  const id = text.slice(mark.length)
  if (text.startsWith(mark) && isUuid(id)) return id
  const detail = 'The cursor was not made by this list with these filters.'
  throw new ProblemError('INVALID_CURSOR', { detail, errors: [{ path: 'cursor', message: detail }] })
}
