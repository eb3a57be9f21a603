import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'

const POLL_MS = 20

/**
 * Looks until `condition` answers something truthy, and returns that. What it throws counts as "not yet".
 * After `deadlineMs` (30 s) it throws an error that says what was waited for and what was seen last.
 */
export async function waitFor<Value>(
  condition: () => Promise<Value> | Value,
  what: string,
  { deadlineMs = 30_000 }: { readonly deadlineMs?: number } = {},
): Promise<NonNullable<Exclude<Value, false>>> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    const seen = await look(condition)
    if ('value' in seen && seen.value) return seen.value as NonNullable<Exclude<Value, false>>
    if (performance.now() >= deadline) {
      const last =
        'value' in seen
          ? `last seen: ${inspect(seen.value, { depth: 4 })}`
          : `last error: ${inspect(seen.error)}`
      throw new Error(`waited ${deadlineMs} ms for ${what}; ${last}`)
    }
    await pause(POLL_MS)
  }
}

async function look<Value>(
  condition: () => Promise<Value> | Value,
): Promise<{ readonly value: Value } | { readonly error: unknown }> {
  try {
    return { value: await condition() }
  } catch (error) {
    return { error }
  }
}
