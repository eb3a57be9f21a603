import type { SideLog } from './side-log.ts'

/** How often the handler of each task ran, by the log that it keeps outside the ledger. */
export function countRuns({ runs }: SideLog): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { taskId } of runs()) counts.set(taskId, (counts.get(taskId) ?? 0) + 1)
  return counts
}
