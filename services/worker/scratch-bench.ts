import { openStage } from './scratch-stage.ts'
import { sql } from 'kysely'
import { submitTasks } from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID } from '@redrive/shared/task'
import { testCleanup, waitFor } from '@redrive/shared/testing'
const n = Number(process.argv[2] ?? 20000),
  conc = process.argv[3] ?? '100',
  pre = process.argv[4] ?? conc
const stage = await openStage()
const ids: string[] = []
for (let i = 0; i < n; i += 1000) {
  const tasks = Array.from({ length: 1000 }, (_, k) => ({
    id: newId(),
    tenantId: DEFAULT_TENANT_ID,
    type: 'math.add',
    lane: 'normal',
    input: JSON.stringify({ a: i + k, b: '0.5' }),
    tags: [],
    runAt: null,
    delayMs: 0,
    attemptBudget: 5,
    timeoutMs: null,
    takenForMs: null,
  }))
  await submitTasks(stage.database.db, tasks)
  await Promise.all(tasks.map((t) => stage.publish({ taskId: t.id, number: 1 })))
  ids.push(...tasks.map((t) => t.id))
}
console.log('published')
const worker = stage.startWorker({
  WORKER_HANDLERS: '',
  LOG_LEVEL: 'warn',
  WORKER_CONCURRENCY: conc,
  WORKER_PREFETCH: pre,
})
const count = async () =>
  Number((await sql<{ n: string }>`select count(*) n from open_tasks`.execute(stage.database.db)).rows[0]!.n)
await waitFor(async () => (await count()) < n, 'first', { deadlineMs: 30000 })
const c0 = await count()
const t0 = performance.now()
await waitFor(async () => (await count()) === 0, 'all', { deadlineMs: 120000 })
const s = (performance.now() - t0) / 1000
console.log({
  n,
  conc,
  pre,
  seconds: s,
  perSecond: Math.round(c0 / s),
  wrong: (
    await sql`select count(*) from tasks where result->>'sum' <> ((input->>'a')::numeric + 0.5)::text`.execute(
      stage.database.db,
    )
  ).rows,
})
console.log(worker.logs.slice(-3))
await worker.stop()
await testCleanup()
