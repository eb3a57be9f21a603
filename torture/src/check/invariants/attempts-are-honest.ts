import type { AttemptFact, Evidence, Invariant } from '../evidence.ts'
import { repeated } from './repeated.ts'
import { runKey } from './run-key.ts'

export const attemptsAreHonest: Invariant = {
  id: 'I3',
  promise: 'attempts have no gaps, each begins once, and no more are charged than allowed',
  violations: (evidence) => [
    ...findGaps(evidence),
    ...findBegunTwice(evidence),
    ...findWronglyCharged(evidence),
  ],
}

function findGaps({ attempts, tasks }: Evidence): readonly string[] {
  const byTask = Map.groupBy(attempts, ({ taskId }) => taskId)
  return [...tasks.values()].flatMap(({ id, attempt, state }) => {
    if (state === null) return []
    const recorded = new Set((byTask.get(id) ?? []).map((one) => one.attempt))
    const missing = Array.from({ length: attempt }, (_, index) => index + 1).filter(
      (number) => !recorded.has(number),
    )
    if (missing.length > 0) return [`${id} made ${attempt} attempts; not recorded: ${missing.join(', ')}`]
    return recorded.size > attempt
      ? [`${id} made ${attempt} attempts, and ${recorded.size} are recorded`]
      : []
  })
}

function findBegunTwice({ runs, attempts }: Evidence): readonly string[] {
  const recorded = new Set(attempts.map(runKey))
  const begun = runs.filter(({ what }) => what === 'began').map(runKey)
  return [
    ...repeated(begun).map((key) => `${key} began twice`),
    ...begun.filter((key) => !recorded.has(key)).map((key) => `${key} began and is not recorded`),
  ]
}

/** Whoever did nothing wrong pays nothing: an attempt that was lost or given back is free. */
const FREE: readonly string[] = ['lost', 'returned', 'run_later']

function findWronglyCharged({ tasks, attempts }: Evidence): readonly string[] {
  const charged = Map.groupBy(
    attempts.filter((one) => one.isCharged),
    ({ taskId }) => taskId,
  )
  return [
    ...attempts.filter(isWronglyCharged).map((one) => `${runKey(one)} is ${one.outcome} and charged`),
    ...[...tasks.values()]
      .filter(({ chargedAttempts, maxAttempts }) => chargedAttempts > maxAttempts)
      .map((one) => `${one.id} is charged ${one.chargedAttempts} of ${one.maxAttempts} attempts`),
    ...[...tasks.values()]
      .filter(({ id, chargedAttempts }) => chargedAttempts !== (charged.get(id)?.length ?? 0))
      .map(
        ({ id, chargedAttempts }) =>
          `${id} is charged ${chargedAttempts}, and ${charged.get(id)?.length ?? 0} of its attempts are`,
      ),
  ]
}

function isWronglyCharged({ isCharged, outcome }: AttemptFact): boolean {
  return isCharged && FREE.includes(outcome)
}
