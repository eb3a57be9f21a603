import { expect, test } from '@jest/globals'
import { openStage } from './stage.ts'

test('results that are too many bytes for one statement are written in several', async () => {
  // Together they take the ledger longer than that; the largest that are kept, a few at a time, do not.
  const stage = await openStage()
  const worker = await stage.startReadyWorker({
    DATABASE_STATEMENT_TIMEOUT_MS: '2500',
    WORKER_CONCURRENCY: '200',
  })
  const together = 200
  const bulky = { type: 'test.bulky', input: { pairs: 60_000, together } }
  const ids = await stage.submit(Array.from({ length: together }, () => bulky))
  await Promise.all(ids.map((id) => stage.release(id)))
  const ended = await Promise.all(ids.map((id) => stage.ended(id, 30_000)))
  expect(ended.map(({ state }) => state)).toEqual(ids.map(() => 'succeeded'))
  await worker.stop()
})
