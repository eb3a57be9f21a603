import { waitFor } from '@redrive/shared/testing'
import { sql } from 'kysely'
import type { Answer, ApiClient } from '../harness/api-client.ts'
import type { SideLog } from '../harness/side-log.ts'
import type { Cluster } from '../harness/start-cluster.ts'

export interface Load {
  readonly answers: readonly Answer[]
  readonly ids: readonly string[]
  stop(): Promise<void>
}

/** Clients that ask without pause, each waiting for its answer: alone, in bulk under a key, reading, and waiting for results. */
export function startLoad(client: ApiClient, { file }: SideLog): Load {
  const answers: Answer[] = []
  const ids: string[] = []
  let isOver = false
  const task = { type: 'test.logged', input: { sideLog: file } }
  const ask = async (...call: Parameters<ApiClient['call']>): Promise<Answer> => {
    const answer = await client.call(...call)
    answers.push(answer)
    return answer
  }
  const one = async (): Promise<void> => {
    const { status, body } = await ask('/tasks', { body: task })
    // What was refused is judged with the answers; the others go on.
    if (status !== 202) return
    ids.push(body.id)
    await ask(`/tasks/${body.id}/result`, { headers: { prefer: 'wait=5' } })
    await ask(`/tasks/${body.id}`)
  }
  const many = async (): Promise<void> => {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const first = await ask('/tasks/bulk', { body: Array.from({ length: 5 }, () => task), headers })
    if (first.status === 202) ids.push(...first.body.ids)
    await ask('/tasks?limit=5')
    await ask('/dead-letters?limit=5')
  }
  const repeat = async (step: () => Promise<void>): Promise<void> => {
    while (!isOver) await step()
  }
  const running = Promise.all([repeat(one), repeat(one), repeat(many)])
  return {
    answers,
    ids,
    stop: async () => {
      isOver = true
      await running
    },
  }
}

export async function settled({ database }: Cluster, ids: readonly string[]): Promise<void> {
  await waitFor(
    async () => {
      const open = await database.db.selectFrom('open_tasks').select('task_id').execute()
      return open.length === 0 ? true : Promise.reject(new Error(`${open.length} of ${ids.length} are open`))
    },
    'every task to end',
    { deadlineMs: 60_000 },
  )
}

export async function countEndings({ database }: Cluster): Promise<object> {
  const { rows } = await sql<{ tasks: number; attempts: number; succeeded: number }>`
    select (select count(*)::int from tasks) as tasks, (select count(*)::int from attempts) as attempts,
      (select count(*)::int from attempts where outcome = 'succeeded') as succeeded`.execute(database.db)
  return rows[0] ?? {}
}
