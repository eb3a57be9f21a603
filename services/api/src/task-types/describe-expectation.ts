import type { ErrorObject } from 'ajv'

type Schema = Readonly<Record<string, unknown>>

/** What the schema wanted at the place of an error, to complete the sentence "expected …"; null where ajv says it better. */
export function describeExpectation({ keyword, parentSchema, schema }: ErrorObject): string | null {
  const parent: Schema = parentSchema ?? {}
  if (keyword === 'anyOf' || keyword === 'oneOf') return describeUnion(schema)
  if (
    keyword === 'type' ||
    keyword === 'pattern' ||
    keyword === 'format' ||
    keyword === 'enum' ||
    keyword === 'const'
  ) {
    return describeSchema(parent)
  }
  const limit = LIMITS[keyword]
  return limit === undefined ? null : limit(String(schema))
}

const LIMITS: Readonly<Record<string, (limit: string) => string>> = {
  minimum: (limit) => `at least ${limit}`,
  maximum: (limit) => `at most ${limit}`,
  exclusiveMinimum: (limit) => `more than ${limit}`,
  exclusiveMaximum: (limit) => `less than ${limit}`,
  multipleOf: (limit) => `a multiple of ${limit}`,
  minLength: (limit) => `at least ${limit} ${limit === '1' ? 'character' : 'characters'}`,
  maxLength: (limit) => `at most ${limit} ${limit === '1' ? 'character' : 'characters'}`,
  minItems: (limit) => `at least ${limit} ${limit === '1' ? 'element' : 'elements'}`,
  maxItems: (limit) => `at most ${limit} ${limit === '1' ? 'element' : 'elements'}`,
}

function describeUnion(alternatives: unknown): string {
  if (!Array.isArray(alternatives)) return 'one of several forms'
  return [...new Set(alternatives.map((one) => describeSchema(asSchema(one))))].join(' or ')
}

function describeSchema(schema: Schema): string {
  if (Array.isArray(schema['anyOf'])) return describeUnion(schema['anyOf'])
  if (Array.isArray(schema['enum']))
    return `one of ${schema['enum'].map((value) => JSON.stringify(value)).join(', ')}`
  if ('const' in schema) return JSON.stringify(schema['const'])
  const types = [schema['type']].flat().map((type) => TYPES[String(type)] ?? 'a value')
  return `${types.join(' or ')}${describeRange(schema)}${describeText(schema)}`
}

/** Without it, a union would say "a number" to somebody who sent one that is too large. */
function describeRange({ minimum, maximum }: Schema): string {
  if (typeof minimum === 'number' && typeof maximum === 'number') return ` from ${minimum} to ${maximum}`
  if (typeof minimum === 'number') return ` of at least ${minimum}`
  return typeof maximum === 'number' ? ` of at most ${maximum}` : ''
}

function describeText(schema: Schema): string {
  if (typeof schema['format'] === 'string') return ` in the format ${schema['format']}`
  return typeof schema['pattern'] === 'string' ? ` that matches ${schema['pattern']}` : ''
}

const TYPES: Readonly<Record<string, string>> = {
  array: 'an array',
  boolean: 'true or false',
  integer: 'a whole number',
  null: 'null',
  number: 'a number',
  object: 'an object',
  string: 'a text',
}

function asSchema(value: unknown): Schema {
  return typeof value === 'object' && value !== null ? (value as Schema) : {}
}
