import { mapSensitive } from './map-sensitive.ts'
import { MASK } from './sensitive-path.ts'

/** A copy of `input` with whatever stands at a sensitive path replaced by `[masked]`; nothing else changes. Pure. */
export function maskInput(input: unknown, paths: readonly string[]): unknown {
  return paths.length === 0 ? input : mapSensitive(input, paths, () => MASK)
}
