import { newId } from '@redrive/shared/runtime'
import { createTestDatabase } from '@redrive/shared/testing'
import { batchesOf } from './batches-of.ts'
import type { Contestant } from './contestant.ts'
import { inParallel } from './in-parallel.ts'
import { openShortLedger, type ShortLedger } from './short-ledger.ts'

const BATCH = 500
const AT_ONCE = 2

/** As fast as Postgres takes and ends tasks when no broker carries them. */
export const rawLedger: Contestant = {
  name: 'Postgres alone',
  what: 'a task inserted, claimed and finished, in batches of 500, two at a time, each batch three commits',
  async prepare() {
    const database = await createTestDatabase()
    const ledger = await openShortLedger(database.url)
    return {
      work: (count) => inParallel(AT_ONCE, batchesOf(BATCH, count), (size) => carry(ledger, size)),
      async close() {
        await ledger.close()
        await database.drop()
      },
    }
  },
}

async function carry(ledger: ShortLedger, size: number): Promise<void> {
  const ids = Array.from({ length: size }, newId)
  await ledger.submit(ids)
  const claimed = await ledger.claim(
    ids,
    ids.map(() => newId()),
  )
  await ledger.finish(claimed.map(({ task_id: taskId, token }) => ({ taskId, token, result: '{"sum":5}' })))
}
