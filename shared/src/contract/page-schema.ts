import { z } from 'zod'

export const DEFAULT_PAGE = 50
export const MAX_PAGE = 1_000

/** A page of a list. `nextCursor` is null on the last one. */
export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}

export interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextCursor: string | null
}
