import type { Route } from './route.ts'

/** A wait is a read that waits for the ending of a task. What is public, as probes are, is of no kind and never refused. */
export const LOAD_KINDS = ['submission', 'read', 'wait', 'command'] as const

export type LoadKind = (typeof LOAD_KINDS)[number]

/** What a route is to a server that has too much to do; null for what must always be answered. */
export function loadKindOf({ access, method, tag, operationId }: Route): LoadKind | null {
  if (access === 'public') return null
  if (method === 'GET') return 'read'
  return tag === 'Tasks' && SUBMISSIONS.includes(operationId) ? 'submission' : 'command'
}

/** Everything else that is posted is an operator's command: few, and what brings a system in trouble back. */
const SUBMISSIONS: readonly string[] = ['submitTask', 'submitTasks']
