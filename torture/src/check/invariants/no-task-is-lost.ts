import type { Evidence, Invariant } from '../evidence.ts'

export const noTaskIsLost: Invariant = {
  id: 'I1',
  promise: 'no accepted task is lost, and each has ended',
  violations: (evidence) => [...findLost(evidence), ...findUnended(evidence)],
}

function findLost({ known, tasks }: Evidence): readonly string[] {
  return known.submissions.flatMap(({ op, ids }) =>
    (ids ?? [])
      .filter((id) => !tasks.has(id))
      .map((id) => `lost: ${id} of ${op} was accepted and is not there`),
  )
}

function findUnended({ tasks, openIds }: Evidence): readonly string[] {
  const ofTasks = [...tasks.values()].flatMap(({ id, state }) => {
    if (state !== null) return openIds.has(id) ? [`ended and open: ${id}`] : []
    return [
      openIds.has(id) ? `not ended: ${id} is still open` : `lost: ${id} has neither ended nor an open row`,
    ]
  })
  const ofNone = [...openIds].filter((id) => !tasks.has(id)).map((id) => `open without a task: ${id}`)
  return [...ofTasks, ...ofNone]
}
