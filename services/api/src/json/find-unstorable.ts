import type { FieldError } from '@redrive/shared/contract'
import { InexactNumber } from './inexact-number.ts'
import { jsonPointer } from './json-pointer.ts'

/** Deeper than anything that a person wrote, shallow enough for every parser behind the api. */
export const MAX_DEPTH = 100
/** Enough to correct a body by; a bad client would get megabytes else. */
export const MAX_FIELD_ERRORS = 100

/**
 * What in a parsed body could not be stored as it is: numbers that were not understood exactly, texts with U+0000 or half
 * a surrogate pair, which Postgres refuses, and nesting without end.
 */
export function findUnstorable(value: unknown): readonly FieldError[] {
  const errors: FieldError[] = []
  visit(value, { path: [], errors })
  return errors
}

interface Visit {
  /** Changed on the way down and back, so that nothing is allocated for what is in order. */
  readonly path: PropertyKey[]
  readonly errors: FieldError[]
}

function visit(value: unknown, at: Visit): void {
  if (typeof value === 'string') {
    if (!isStorable(value)) report(at, UNSTORABLE_TEXT)
  } else if (typeof value === 'object' && value !== null && at.errors.length < MAX_FIELD_ERRORS) {
    visitObject(value, at)
  }
}

function visitObject(value: object, at: Visit): void {
  if (value instanceof InexactNumber) return report(at, inexact(value))
  if (at.path.length >= MAX_DEPTH) return report(at, `is nested deeper than ${MAX_DEPTH} levels`)
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) descend(index, value[index], at)
    return
  }
  for (const key in value) {
    if (!isStorable(key)) report(at, `has a property name that ${UNSTORABLE_TEXT}`)
    descend(key, (value as Record<string, unknown>)[key], at)
  }
}

function descend(key: PropertyKey, value: unknown, at: Visit): void {
  if (typeof value !== 'object' && typeof value !== 'string') return
  at.path.push(key)
  visit(value, at)
  at.path.pop()
}

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

const UNSTORABLE_TEXT = 'contains U+0000 or half of a surrogate pair, which cannot be stored'

function inexact({ source }: InexactNumber): string {
  const shown = source.length > 40 ? `${source.slice(0, 40)}…` : source
  return `the number ${shown} cannot be carried exactly as a JSON number; send it as a string`
}

function report({ path, errors }: Visit, message: string): void {
  if (errors.length < MAX_FIELD_ERRORS) errors.push({ path: jsonPointer(path), message })
}
