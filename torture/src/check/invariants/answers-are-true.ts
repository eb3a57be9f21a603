import type { Sighting } from '../../load/known.ts'
import type { Evidence, Invariant } from '../evidence.ts'

export const answersAreTrue: Invariant = {
  id: 'I9',
  promise:
    'what was refused does not exist, nobody made what exists unasked, and an ending that was seen stays',
  violations: (evidence) => [
    ...findUnexpected(evidence),
    ...findUnreadable(evidence),
    ...findChanged(evidence),
    ...findRevived(evidence),
    ...findFlickering(evidence),
  ],
}

function findUnexpected({ known, tasks }: Evidence): readonly string[] {
  const submissions = new Map(known.submissions.map((one) => [one.op, one]))
  return [...tasks.values()].flatMap(({ id, type, op }) => {
    const submission = op === null ? undefined : submissions.get(op)
    if (submission === undefined) return [`unexpected: ${type} ${id} was submitted by nobody`]
    return submission.outcome === 'fail' ? [`${id} exists, and ${op} was refused`] : []
  })
}

function findUnreadable({ history }: Evidence): readonly string[] {
  return history
    .filter(({ event }) => event === 'violation.read')
    .map((line) => `an accepted task could not be read: ${JSON.stringify(line)}`)
}

const FINAL: readonly string[] = ['succeeded', 'cancelled']

function findChanged({ known, tasks }: Evidence): readonly string[] {
  return known.sightings.flatMap(({ taskId, state, result, atMs }) => {
    const task = tasks.get(taskId)
    if (task === undefined || !FINAL.includes(state)) return []
    const isSame =
      task.state === state && JSON.stringify(task.result ?? null) === JSON.stringify(result ?? null)
    return isSame ? [] : [`ended twice: ${taskId} was seen ${state} at ${atMs} ms and is ${task.state}`]
  })
}

/** Only a redrive, which leaves its trace, gives a failed task a new life. */
function findRevived({ known, tasks, audit }: Evidence): readonly string[] {
  const redriven = new Set(
    audit.filter(({ action }) => action === 'dead_letter.redriven').map(({ taskId }) => taskId),
  )
  return known.sightings
    .filter(
      ({ taskId, state }) =>
        state === 'failed' && tasks.get(taskId)?.state !== 'failed' && !redriven.has(taskId),
    )
    .map(
      ({ taskId, atMs }) =>
        `ended twice: ${taskId} was seen failed at ${atMs} ms, is ${tasks.get(taskId)?.state}, and nobody redrove it`,
    )
}

/** Whoever asks after somebody was told an ending is told the same, whichever api answers. */
function findFlickering({ known }: Evidence): readonly string[] {
  return [...Map.groupBy(known.sightings, ({ taskId }) => taskId).values()].flatMap((sightings) => {
    const first = sightings.find(({ state }) => FINAL.includes(state))
    if (first === undefined) return []
    return sightings.filter((later) => contradicts(later, first)).map((later) => tell(later, first))
  })
}

function contradicts(later: Sighting, first: Sighting): boolean {
  return later.askedAtMs > first.atMs && later.state !== first.state
}

function tell({ taskId, state, askedAtMs }: Sighting, first: Sighting): string {
  return `${taskId} was seen ${first.state} at ${first.atMs} ms and ${state} when asked at ${askedAtMs} ms`
}
