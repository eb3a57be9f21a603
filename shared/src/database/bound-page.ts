import { type Compilable, type RawBuilder, sql } from 'kysely'

export interface PageRow {
  readonly id: string
  /** Whether the list goes on behind this row. */
  readonly isFollowed: boolean
}

export interface PageBounds {
  /** Rows with their `id`, their `bytes`, and what they are ordered by; with the order and the limit of the list. */
  readonly candidates: Compilable
  /** The list's order, over the candidates' columns as `c`. */
  readonly order: RawBuilder<unknown>
  /** The page ends with the row that passes this; no bound unless given. */
  readonly maxBytes: number | undefined
}

/** The candidates that fit one page together, at least one, to be joined as `p`. Their wide columns are not read for it. */
export function boundPage({ candidates, order, maxBytes = Number.MAX_SAFE_INTEGER }: PageBounds) {
  return sql<PageRow>`(
    select b.id, b."isFollowed" from (
      select c.id, lead(c.id) over in_order is not null as "isFollowed", sum(c.bytes) over in_order - c.bytes as bytes_before
      from (${candidates}) as c window in_order as (order by ${order})
    ) as b where b.bytes_before < ${maxBytes}
  )`.as('p')
}

/** About how many bytes of JSON a value has. n.b. Only a compressed one is unpacked to know: its size says nothing. */
export function jsonBytes(value: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`coalesce(
    case when pg_column_compression(${value}) is null then pg_column_size(${value}) else octet_length(${value}::text) end, 0)`
}
