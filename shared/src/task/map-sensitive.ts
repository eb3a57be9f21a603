/** A value at a sensitive path, and where it is: names of fields and places in arrays. */
export type SensitiveVisit = (value: unknown, place: readonly (string | number)[]) => unknown

/** Arrays within arrays deeper than this are treated as sensitive as a whole; no input is meant to be so. */
const MAX_NESTING = 50

/**
 * A copy of `input` in which each value at a sensitive path is what `visit` makes of it; all else stays as it is. A name
 * that meets an array means each of its elements, so that a path that forgets the `*` hides too much and not too little.
 * Never throws by itself. Pure.
 */
export function mapSensitive(input: unknown, paths: readonly string[], visit: SensitiveVisit): unknown {
  return paths.reduce<unknown>(
    (value, path) => mapAt({ value, steps: path.split('.'), place: [], nesting: 0 }, visit),
    input,
  )
}

interface Walk {
  readonly value: unknown
  readonly steps: readonly string[]
  readonly place: readonly (string | number)[]
  readonly nesting: number
}

function mapAt(walk: Walk, visit: SensitiveVisit): unknown {
  const { value, steps, place, nesting } = walk
  const [step, ...rest] = steps
  if (step === undefined || nesting > MAX_NESTING) return visit(value, place)
  if (Array.isArray(value)) return mapElements(walk, value, visit)
  if (typeof value !== 'object' || value === null) return value
  const names = step === '*' ? Object.keys(value) : Object.hasOwn(value, step) ? [step] : []
  if (names.length === 0) return value
  const mapped = new Map(
    names.map((name) => {
      const inner = Reflect.get(value, name) as unknown
      return [name, mapAt({ value: inner, steps: rest, place: [...place, name], nesting: 0 }, visit)]
    }),
  )
  // n.b. fromEntries defines properties, so that a field called __proto__ stays one.
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, mapped.has(name) ? mapped.get(name) : inner]),
  )
}

function mapElements(
  { steps, place, nesting }: Walk,
  elements: readonly unknown[],
  visit: SensitiveVisit,
): unknown {
  const [step = '', ...rest] = steps
  const isPlaced = /^\d+$/.test(step)
  return elements.map((value, index) => {
    if (isPlaced && index !== Number(step)) return value
    const isNamed = isPlaced || step === '*'
    return mapAt(
      { value, steps: isNamed ? rest : steps, place: [...place, index], nesting: isNamed ? 0 : nesting + 1 },
      visit,
    )
  })
}
