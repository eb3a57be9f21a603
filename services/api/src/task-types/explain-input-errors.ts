import type { FieldError } from '@redrive/shared/contract'
import type { ErrorObject } from 'ajv'
import { MAX_FIELD_ERRORS } from '../json/find-unstorable.ts'
import { boundPointer } from '../json/json-pointer.ts'
import { describeExpectation } from './describe-expectation.ts'

/** An array full of faults has one for each element, and each union is compared with every error. */
const MAX_EXPLAINED = 1_000

/**
 * The errors of a JSON Schema validator in words that name the field. Of a union that nothing fitted, the validator
 * reports each alternative; one sentence that lists them says the same, unless an alternative failed further inside,
 * as with objects of several kinds: then the one that came closest is explained.
 */
export function explainInputErrors(found: readonly ErrorObject[]): FieldError[] {
  const errors = found.slice(0, MAX_EXPLAINED)
  const told = new Set<ErrorObject>()
  for (const union of errors.filter(isUnion)) tellUnion(union, errors, told)
  const kept = errors.filter((error) => !told.has(error))
  const seen = new Set<string>()
  return kept
    .map(explain)
    .map((error) => ({ ...error, path: boundPointer(error.path) }))
    .filter(({ path, message }) => {
      const isNew = !seen.has(`${path} ${message}`)
      seen.add(`${path} ${message}`)
      return isNew
    })
    .slice(0, MAX_FIELD_ERRORS)
}

function isUnion({ keyword }: ErrorObject): boolean {
  return keyword === 'anyOf' || keyword === 'oneOf'
}

/** Marks as told what a better sentence replaces. */
function tellUnion(union: ErrorObject, errors: readonly ErrorObject[], told: Set<ErrorObject>): void {
  const branches = new Map<string, ErrorObject[]>()
  for (const error of errors) {
    const branch = branchOf(union, error)
    if (branch !== null) branches.set(branch, [...(branches.get(branch) ?? []), error])
  }
  const isDeep = (branch: ErrorObject[]): boolean =>
    branch.every((error) => error.keyword !== 'type' || error.instancePath !== union.instancePath)
  const deep =
    union.data !== null && typeof union.data === 'object' ? [...branches.values()].filter(isDeep) : []
  const [closest] = deep.toSorted((one, other) => one.length - other.length)
  if (closest !== undefined) told.add(union)
  for (const error of [...branches.values()].flat()) if (closest?.includes(error) !== true) told.add(error)
}

/** Which alternative of the union an error belongs to, or null for another error. */
function branchOf(union: ErrorObject, error: ErrorObject): string | null {
  if (error === union || !error.instancePath.startsWith(union.instancePath)) return null
  const prefix = `${union.schemaPath}/`
  if (!error.schemaPath.startsWith(prefix)) return null
  return error.schemaPath.slice(prefix.length).split('/', 1)[0] ?? null
}

function explain(error: ErrorObject): FieldError {
  const { instancePath: path, keyword } = error
  const params = error.params as Readonly<Record<string, unknown>>
  if (keyword === 'required') return { path: childOf(path, params['missingProperty']), message: 'is missing' }
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') {
    const name = params['additionalProperty'] ?? params['unevaluatedProperty']
    return { path: childOf(path, name), message: 'is not a known property' }
  }
  const expected = describeExpectation(error)
  if (expected === null) return { path, message: error.message ?? 'does not fit the schema' }
  return { path, message: `expected ${expected}, got ${describeValue(error.data)}`, expected }
}

function childOf(path: string, name: unknown): string {
  return `${path}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

const SHOWN = 60

function describeValue(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = JSON.stringify(value) ?? 'nothing'
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
  return typeof value === 'string' ? `the text ${shown}` : shown
}
