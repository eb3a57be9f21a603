/** The states of a task that has not ended, read from its open row. */
export const OPEN_STATES = ['scheduled', 'waiting', 'queued', 'running', 'retrying'] as const

/** The four endings; a task has exactly one of them, or an open row. */
export const ENDED_STATES = ['succeeded', 'failed', 'cancelled', 'expired'] as const

export const TASK_STATES = [...OPEN_STATES, ...ENDED_STATES] as const

export type OpenState = (typeof OPEN_STATES)[number]
export type EndedState = (typeof ENDED_STATES)[number]
export type TaskState = (typeof TASK_STATES)[number]

export function hasEnded(state: TaskState): state is EndedState {
  return (ENDED_STATES as readonly string[]).includes(state)
}
