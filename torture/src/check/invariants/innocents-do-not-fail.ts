import type { Evidence, Invariant } from '../evidence.ts'

/** What every type comes to where nobody interferes; null where it depends on what happens around it. */
const ENDINGS: Readonly<Record<string, string | null>> = {
  'torture.fast': 'succeeded',
  'torture.slow': 'succeeded',
  'torture.retried': 'succeeded',
  'torture.broken': 'failed',
  'torture.mended': null,
  'torture.crashing': 'failed',
  // Longer than its worker's patience, it is killed and convicted.
  'torture.stalling': null,
}

export const innocentsDoNotFail: Invariant = {
  id: 'I6',
  promise: 'no innocent task fails',
  violations: findVictims,
}

function findVictims({ known, tasks }: Evidence): readonly string[] {
  const cancelled = new Set(
    known.commands
      .filter(({ kind, outcome }) => kind === 'cancel' && outcome !== 'fail')
      .map(({ taskId }) => taskId),
  )
  return [...tasks.values()].flatMap(({ id, type, state }) => {
    const expected = ENDINGS[type] ?? null
    if (expected === null || state === null || state === expected) return []
    return state === 'cancelled' && cancelled.has(id) ? [] : [`${type} ${id} is ${state} and not ${expected}`]
  })
}
