import type { Evidence, Invariant } from '../evidence.ts'

export const aKeyMakesItsTasksOnce: Invariant = {
  id: 'I5',
  promise: 'a key makes its tasks once and always has the same answer',
  violations: (evidence) => [
    ...findTwoAnswers(evidence),
    ...findMiscounted(evidence),
    ...findUnanswered(evidence),
  ],
}

function findTwoAnswers({ history }: Evidence): readonly string[] {
  return history
    .filter(({ event }) => event === 'violation.key')
    .map((line) => `two answers for one key: ${JSON.stringify(line)}`)
}

/** All tasks of one submission, or none where its client was not told. */
function findMiscounted({ known, tasks }: Evidence): readonly string[] {
  const made = new Map<string, number>()
  for (const { op } of tasks.values()) if (op !== null) made.set(op, (made.get(op) ?? 0) + 1)
  return known.submissions
    .filter(
      ({ op, count, outcome }) => ![count, ...(outcome === 'ok' ? [] : [0])].includes(made.get(op) ?? 0),
    )
    .map(
      ({ op, count, outcome }) => `${op} (${outcome}) asked for ${count} tasks and made ${made.get(op) ?? 0}`,
    )
}

/** Repeated under its key until long after the last fault. */
function findUnanswered({ known }: Evidence): readonly string[] {
  return known.submissions
    .filter(({ key, outcome }) => key !== null && outcome === 'unknown')
    .map(({ op }) => `${op} was repeated under its key and never answered`)
}
