import type { FieldError } from '@redrive/shared/contract'
import type { z } from 'zod'
import { MAX_FIELD_ERRORS } from './find-unstorable.ts'
import { jsonPointer } from './json-pointer.ts'

type Issue = z.core.$ZodIssue

export interface FieldErrorOptions {
  /** How a place is written: a pointer into a body, or a parameter's name. */
  readonly path?: (path: readonly PropertyKey[]) => string
  /** What to say of a property that is not known. */
  readonly unknownKey?: (key: string) => string
}

/** The issues of a zod schema in the api's own words. */
export function toFieldErrors(issues: readonly Issue[], options: FieldErrorOptions = {}): FieldError[] {
  const { path = jsonPointer, unknownKey = () => 'is not a known property' } = options
  const errors = issues.flatMap((issue): FieldError[] => {
    if (issue.code !== 'unrecognized_keys') return [{ path: path(issue.path), ...wordsFor(issue) }]
    return issue.keys
      .slice(0, MAX_FIELD_ERRORS)
      .map((key) => ({ path: path([...issue.path, key]), message: unknownKey(key) }))
  })
  return errors.slice(0, MAX_FIELD_ERRORS)
}

type Words = Omit<FieldError, 'path'>

function wordsFor(issue: Exclude<Issue, { code: 'unrecognized_keys' }>): Words {
  switch (issue.code) {
    case 'invalid_type':
      return isMissing(issue) ? { message: 'is missing' } : expecting(TYPES[issue.expected] ?? issue.expected)
    case 'invalid_value':
      return expecting(`one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`)
    case 'too_small':
      return expecting(`at least ${issue.minimum}${unitOf(issue.origin)}`)
    case 'too_big':
      return expecting(`at most ${issue.maximum}${unitOf(issue.origin)}`)
    case 'invalid_format':
      return expecting(FORMATS[issue.format] ?? issue.format)
    default:
      return { message: issue.message }
  }
}

function isMissing(issue: z.core.$ZodIssueInvalidType): boolean {
  return issue.expected === 'nonoptional' || issue.message.endsWith('received undefined')
}

function expecting(expected: string): Words {
  return { message: `expected ${expected}`, expected }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'an array',
}

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'a time with its zone, such as 2026-01-31T12:00:00Z',
  regex: 'a whole number',
  safeint: 'a whole number',
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters'
  return origin === 'array' ? ' elements' : ''
}
