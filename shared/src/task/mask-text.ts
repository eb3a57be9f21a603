import { mapSensitive } from './map-sensitive.ts'
import { MASK } from './sensitive-path.ts'
import type { TaskError } from './task-error.ts'

/** Shorter ones are words that a text may have for its own reasons: masking "yes" or "42" everywhere would tell more than it hides. */
const MIN_LENGTH = 6
/** Each is looked for in each text; an input with more sensitive values than this has the longest masked. */
const MAX_SECRETS = 1_000

/**
 * The sensitive values of an input as they may turn up in a text: strings and numbers of six characters and more, also
 * those within a sensitive object or list; the longest first. Pure.
 */
export function secretsOf(input: unknown, paths: readonly string[]): readonly string[] {
  const secrets = new Set<string>()
  mapSensitive(input, paths, (value) => {
    collect(value, secrets, 0)
    return value
  })
  return [...secrets].toSorted((one, other) => other.length - one.length).slice(0, MAX_SECRETS)
}

const MAX_DEPTH = 100

function collect(value: unknown, secrets: Set<string>, depth: number): void {
  if (depth > MAX_DEPTH) return
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) collect(inner, secrets, depth + 1)
  } else if (typeof value === 'string' || typeof value === 'number') {
    if (String(value).length >= MIN_LENGTH && value !== MASK) secrets.add(String(value))
  }
}

/** A text without these values. */
export function maskText(text: string, secrets: readonly string[]): string {
  return secrets.reduce((masked, secret) => masked.replaceAll(secret, () => MASK), text)
}

/** An error, and what caused it, without these values. */
export function maskError(error: TaskError, secrets: readonly string[]): TaskError {
  if (secrets.length === 0) return error
  const { type, message, code, stack, cause } = error
  return {
    ...error,
    type: maskText(type, secrets),
    message: maskText(message, secrets),
    ...(code !== undefined && { code: maskText(code, secrets) }),
    ...(stack !== undefined && { stack: maskText(stack, secrets) }),
    ...(cause !== undefined && { cause: maskError(cause, secrets) }),
  }
}

/** Any JSON without these values in its texts: what a child process printed, a note, a broker's header. */
export function maskTexts(value: unknown, secrets: readonly string[]): unknown {
  if (secrets.length === 0) return value
  if (typeof value === 'string') return maskText(value, secrets)
  if (Array.isArray(value)) return value.map((inner) => maskTexts(inner, secrets))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, maskTexts(inner, secrets)]))
}
