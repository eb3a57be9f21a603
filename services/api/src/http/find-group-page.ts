import type { GroupPlace } from '@redrive/shared/database'
import { hash } from 'node:crypto'
import { z } from 'zod'
import { ProblemError } from '../problem-error.ts'

export interface GroupPageRequest {
  readonly limit: number
  readonly cursor?: string | undefined
  /** Which list, with its filters and order: a cursor of another one is refused. */
  readonly list: Readonly<Record<string, unknown>>
}

interface GroupPagePart {
  readonly limit: number
  readonly after?: GroupPlace
}

const cursorSchema = z.tuple([z.string(), z.string().regex(/^\d{1,18}$/), z.string()])

/**
 * One page of a list that is ordered by a figure. A group whose figure changes between two pages may be seen twice or not
 * at all; the others are where they were. Throws INVALID_CURSOR.
 */
export async function findGroupPage<Row extends GroupPlace>(
  { limit, cursor, list }: GroupPageRequest,
  read: (part: GroupPagePart) => Promise<readonly Row[]>,
): Promise<{ readonly rows: readonly Row[]; readonly nextCursor: string | null }> {
  const mark = hash('sha256', JSON.stringify(list), 'base64url').slice(0, 8)
  const after = cursor === undefined ? undefined : decode(cursor, mark)
  const found = await read({ limit: limit + 1, ...(after === undefined ? {} : { after }) })
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  return { rows, nextCursor: found.length > limit && last !== undefined ? encode(last, mark) : null }
}

function encode({ place, fingerprint }: GroupPlace, mark: string): string {
  return Buffer.from(JSON.stringify([mark, place, fingerprint])).toString('base64url')
}

function decode(cursor: string, mark: string): GroupPlace {
  const parsed = cursorSchema.safeParse(parse(cursor))
  if (parsed.success && parsed.data[0] === mark) return { place: parsed.data[1], fingerprint: parsed.data[2] }
  const detail = 'The cursor was not made by this list with these filters.'
  throw new ProblemError('INVALID_CURSOR', { detail, errors: [{ path: 'cursor', message: detail }] })
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return null
  }
}
