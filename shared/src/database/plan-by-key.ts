import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

/**
 * For the transaction at hand: statements that name the rows of every table by an index find them there, in its order, and
 * join lists by hash. What fills and empties within minutes has statistics of another hour, by which every list has one
 * row; then each of 500 members is compared with each other one in every join, or a table is read whole. Where `ofTasks`
 * is enough for one table, a redrive joins seven. Measured with 20,000 members on two cores, busy with other work: 60 s
 * without it, and 3 s with it.
 */
export async function planByKey(executor: Executor): Promise<void> {
  await sql`select set_config(name, 'off', true)
    from unnest(array['enable_nestloop', 'enable_seqscan', 'enable_bitmapscan']) as name`.execute(executor)
}
