import type { TaskProgress } from '@redrive/shared/task'

const MAX_NOTE = 500

/** Reads what a handler, typed or not, passed as its progress; does not throw. */
export function readProgress(
  value: unknown,
): { readonly progress: TaskProgress } | { readonly problem: string } {
  if (typeof value !== 'object' || value === null)
    return { problem: 'expected an object { done, total?, note? }' }
  const { done, total, note } = value as Record<string, unknown>
  if (!isAmount(done)) return { problem: '"done" must be a number from 0' }
  if (total !== undefined && !isAmount(total)) return { problem: '"total" must be a number from 0' }
  if (note !== undefined && (typeof note !== 'string' || note.length > MAX_NOTE)) {
    return { problem: `"note" must be a text of at most ${MAX_NOTE} characters` }
  }
  return {
    progress: {
      done,
      ...(total === undefined ? {} : { total }),
      // Postgres stores neither U+0000 nor half a surrogate pair.
      ...(note === undefined ? {} : { note: note.toWellFormed().replaceAll('\u0000', '\uFFFD') }),
    },
  }
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
