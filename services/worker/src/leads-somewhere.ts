type Schema = Readonly<Record<string, unknown>>

interface Walk {
  readonly steps: readonly string[]
  /** Where references point into. */
  readonly root: Schema
  readonly depth: number
}

/** A schema that refers to itself is walked no deeper than this. */
const MAX_DEPTH = 60

/**
 * Whether an input that fits a JSON Schema may have something at a path; in doubt it may. A sensitive path that leads
 * nowhere is a slip of the pen, and would leave in sight what it was to hide. Pure.
 */
export function leadsSomewhere(schema: Schema, path: string): boolean {
  return leads(schema, { steps: path.split('.'), root: schema, depth: 0 })
}

function leads(schema: unknown, walk: Walk): boolean {
  if (schema === false) return false
  if (walk.steps.length === 0 || walk.depth > MAX_DEPTH || !isSchema(schema)) return true
  const deeper = { ...walk, depth: walk.depth + 1 }
  if (typeof schema['$ref'] === 'string') return leads(resolve(schema['$ref'], walk.root), deeper)
  const parts = ['anyOf', 'oneOf', 'allOf'].flatMap((name) => listOf(schema[name]))
  if (parts.length > 0) return parts.some((part) => leads(part, deeper))
  if (schema['type'] === 'array') return leadsIntoElements(schema, deeper)
  if (schema['type'] === 'object') return leadsIntoFields(schema, deeper)
  return schema['type'] === undefined
}

function leadsIntoElements(schema: Schema, walk: Walk): boolean {
  const [step = '', ...rest] = walk.steps
  const elements = [...listOf(schema['prefixItems']), schema['items']]
  // The name of a field means the same field of each element.
  const isNamed = step === '*' || /^\d+$/.test(step)
  return elements.some((element) => leads(element, { ...walk, steps: isNamed ? rest : walk.steps }))
}

function leadsIntoFields(schema: Schema, walk: Walk): boolean {
  const [step = '', ...steps] = walk.steps
  const fields = isSchema(schema['properties']) ? schema['properties'] : {}
  const others = schema['additionalProperties']
  const known = step === '*' ? Object.values(fields) : Object.hasOwn(fields, step) ? [fields[step]] : []
  // Without a word about other fields, a handler never sees them.
  const candidates = others === undefined ? known : [...known, others]
  return candidates.some((field) => leads(field, { ...walk, steps }))
}

function resolve(reference: string, root: Schema): unknown {
  if (!reference.startsWith('#')) return {}
  return reference
    .slice(1)
    .split('/')
    .filter((step) => step !== '')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((inner, step) => (isSchema(inner) ? inner[step] : undefined), root)
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
