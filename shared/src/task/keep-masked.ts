import { mapSensitive } from './map-sensitive.ts'
import { MASK } from './sensitive-path.ts'

export interface KeptInput {
  readonly input: unknown
  /** JSON Pointers to masks that hide nothing: the original has no value there. */
  readonly unknown: readonly string[]
}

/**
 * An edited input in which `[masked]` at a sensitive path stands for the value that the original has there, so that whoever
 * may not see a value need not know it to send it back. Pure.
 */
export function keepMasked(edited: unknown, original: unknown, paths: readonly string[]): KeptInput {
  const unknown: string[] = []
  const input = mapSensitive(edited, paths, (value, place) => {
    if (value !== MASK) return value
    const kept = valueAt(original, place)
    if (kept === undefined) unknown.push(pointerTo(place))
    return kept
  })
  return { input, unknown }
}

function valueAt(value: unknown, place: readonly (string | number)[]): unknown {
  return place.reduce<unknown>((inner, step) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, step)) return undefined
    return Reflect.get(inner, step)
  }, value)
}

function pointerTo(place: readonly (string | number)[]): string {
  return place.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
