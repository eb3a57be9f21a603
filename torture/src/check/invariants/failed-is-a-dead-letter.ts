import type { Evidence, Invariant } from '../evidence.ts'

export const failedIsADeadLetter: Invariant = {
  id: 'I4',
  promise: 'a failed task has one dead letter that is not redriven, and no other task has one',
  violations: (evidence) => [...findMiscounted(evidence), ...findCarried(evidence)],
}

function findMiscounted({ tasks, deadLetters }: Evidence): readonly string[] {
  const live = new Map<string, number>()
  for (const { taskId, state } of deadLetters) {
    if (taskId !== null && state !== 'redriven') live.set(taskId, (live.get(taskId) ?? 0) + 1)
  }
  return [...tasks.values()]
    .filter(({ id, state }) => (live.get(id) ?? 0) !== (state === 'failed' ? 1 : 0))
    .map(({ id, state }) => `${id} is ${state} with ${live.get(id) ?? 0} dead letters that are not redriven`)
}

function findCarried({ deadLetters }: Evidence): readonly string[] {
  return deadLetters
    .filter(({ state }) => state === 'carried')
    .map(({ id }) => `dead letter ${id} is still carried`)
}
