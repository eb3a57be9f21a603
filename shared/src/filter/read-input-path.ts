import type { PathStep } from './filter-conditions.ts'
import type { Read } from './filter-fault.ts'
import { unstorable } from './split-values.ts'

const MAX_STEPS = 20
/** Each doubles the number of places that are looked at, because a number may be an index or a key. */
const MAX_NUMBERS = 4
const MAX_PATH_LENGTH = 300
const MAX_INDEX = 1_000_000_000
const STEP = /^(?:"((?:[^"]|"")*)"|([^."]+))(?:\.|$)/

/** `a.b.0."c.d"`: keys and indexes with dots between them; in double quotes, a key is taken as it is. */
export function readInputPath(sent: string): Read<readonly PathStep[]> {
  if (sent.length > MAX_PATH_LENGTH) return { fault: `has a path of more than ${MAX_PATH_LENGTH} characters` }
  const fault = unstorable(sent)
  if (fault !== null) return { fault }
  const steps: PathStep[] = []
  let rest = sent
  do {
    const [whole = '', quoted, bare] = STEP.exec(rest) ?? []
    if (whole === '') return { fault: 'expected a path like input.country or input.items.0.sku' }
    steps.push(quoted === undefined ? toStep(bare ?? '') : quoted.replaceAll('""', '"'))
    rest = rest.slice(whole.length)
    if (rest === '' && whole.endsWith('.')) return { fault: 'has a path that ends with a dot' }
  } while (rest !== '')
  if (steps.length > MAX_STEPS) return { fault: `has a path of more than ${MAX_STEPS} steps` }
  if (steps.filter((step) => typeof step === 'number').length > MAX_NUMBERS)
    return { fault: `has a path with more than ${MAX_NUMBERS} numbers` }
  return { is: steps }
}

function toStep(bare: string): PathStep {
  const index = Number(bare)
  return /^(?:0|[1-9]\d{0,9})$/.test(bare) && index <= MAX_INDEX ? index : bare
}
