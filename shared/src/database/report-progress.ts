import { sql } from 'kysely'
import type { TaskProgress } from '../task/index.ts'
import type { Executor } from './ledger.ts'
import { ofTasks } from './of-tasks.ts'

/** Shows how far running attempts are; one that was taken away is left alone. Locks open rows in id order. */
export async function reportProgress(
  executor: Executor,
  reports: readonly { readonly taskId: string; readonly token: string; readonly progress: TaskProgress }[],
): Promise<void> {
  await sql`
    with told as (
      select * from unnest(${reports.map((report) => report.taskId)}::uuid[], ${reports.map((report) => report.token)}::uuid[],
        ${reports.map((report) => JSON.stringify(report.progress))}::text[]) as r (task_id, token, progress)
    ),
    locked as (
      select o.task_id, r.token, r.progress from open_tasks o join told r on r.task_id = o.task_id and r.token = o.token
      where ${ofTasks(reports)}
      order by o.task_id for update of o
    )
    update open_tasks o set progress = l.progress::jsonb from locked l
    where o.task_id = l.task_id and ${ofTasks(reports)} and o.token = l.token`.execute(executor)
}
