import { type RawBuilder, sql, type SqlBool } from 'kysely'

/**
 * Whether a tsvector has what is looked for: words, all of them; "in quotes" one after the other; `or` between them; a
 * minus before one that must not be there. Names of classes, hosts and paths were taken apart at these characters when
 * the vector was made (error_text in the migration), and so are they here. Keep the two together.
 */
export function matchText(vector: RawBuilder<unknown>, text: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`${vector} @@ websearch_to_tsquery('simple', translate(${text}, './:@=', '     '))`
}
