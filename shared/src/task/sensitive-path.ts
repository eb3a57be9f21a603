/** What stands in place of a masked value. An edited input that has it there keeps the value that it hides. */
export const MASK = '[masked]'

const MAX_PATHS = 50
const MAX_PATH_LENGTH = 200
const MAX_STEPS = 20
const STEP = /^(?:\*|[^.*\s]+)$/

/** Why a list of sensitive paths cannot be used, naming the path; null when it can. */
export function explainBadPaths(paths: unknown): string | null {
  if (!Array.isArray(paths)) return 'must be a list of paths, as in ["card.number", "patients.*.name"]'
  if (paths.length > MAX_PATHS) return `may name ${MAX_PATHS} paths at most, got ${paths.length}`
  const bad = paths.find((path) => !isPath(path))
  if (bad === undefined) return null
  return `has ${JSON.stringify(bad)}: a path is the names of fields joined by dots, "*" for each element or field, at most ${MAX_STEPS} of them and ${MAX_PATH_LENGTH} characters`
}

function isPath(path: unknown): boolean {
  if (typeof path !== 'string' || path.length > MAX_PATH_LENGTH) return false
  const steps = path.split('.')
  return steps.length <= MAX_STEPS && steps.every((step) => STEP.test(step))
}

/**
 * Whether asking for `path` could tell something of a sensitive value: it is one, is within one, or has one within it.
 * Both are compared as searches read them, where an array's elements are also found without naming their place. So
 * `patients.name`, `patients.0.name` and `patients` all touch `patients.*.name`; in doubt the answer is yes. Pure.
 */
export function isSensitivePath(paths: readonly string[], path: string): boolean {
  const asked = path.split(/[.[\]]+/).filter((step) => step !== '')
  return paths.some((sensitive) => touches(sensitive.split('.'), asked))
}

function touches(sensitive: readonly string[], asked: readonly string[]): boolean {
  const [step, ...rest] = sensitive
  const [wanted, ...further] = asked
  if (step === undefined || wanted === undefined) return true
  const isMet = step === wanted || step === '*' || wanted === '*'
  if (isMet && touches(rest, further)) return true
  // An element of an array may be meant by one side without its place, which the other names.
  return isPlace(step) ? touches(rest, asked) : isPlace(wanted) && touches(sensitive, further)
}

/** A step that stands for an element of an array, or may. */
function isPlace(step: string): boolean {
  return step === '*' || /^\d+$/.test(step)
}
