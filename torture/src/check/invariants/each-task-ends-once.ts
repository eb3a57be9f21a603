import type { Evidence, Invariant } from '../evidence.ts'
import { repeated } from './repeated.ts'
import { runKey } from './run-key.ts'

export const eachTaskEndsOnce: Invariant = {
  id: 'I2',
  promise: 'each task has one ending, and it is what its handler came to',
  violations: (evidence) => [...findTwiceEnded(evidence), ...findContradicted(evidence)],
}

function findTwiceEnded({ attempts, tasks }: Evidence): readonly string[] {
  const successes = attempts.filter(({ outcome }) => outcome === 'succeeded').map(({ taskId }) => taskId)
  const succeeded = new Set(successes)
  return [
    ...repeated(successes).map((id) => `ended twice: ${id} has two attempts that succeeded`),
    ...successes
      .filter((id) => tasks.get(id)?.state !== 'succeeded')
      .map((id) => `ended twice: ${id} succeeded and is ${tasks.get(id)?.state}`),
    ...[...tasks.values()]
      .filter(({ id, state }) => state === 'succeeded' && !succeeded.has(id))
      .map(({ id }) => `${id} is succeeded, and no attempt of it is`),
  ]
}

/** The handlers' own log stands outside the ledger: what the ledger says of a run must fit it. */
function findContradicted({ attempts, runs, tasks }: Evidence): readonly string[] {
  const ended = new Set(runs.filter(({ what }) => what === 'ended').map(runKey))
  const threw = new Set(runs.filter(({ what }) => what === 'threw').map(runKey))
  const own = attempts.filter(({ taskId }) => tasks.get(taskId)?.type.startsWith('torture.'))
  return [
    ...own
      .filter((one) => one.outcome === 'succeeded' && !ended.has(runKey(one)))
      .map((one) => `${runKey(one)} is recorded as succeeded, and its handler never ended`),
    ...own
      .filter((one) => one.outcome === 'failed' && !threw.has(runKey(one)) && ended.has(runKey(one)))
      .map((one) => `${runKey(one)} is recorded as failed, and its handler ended well`),
  ]
}
