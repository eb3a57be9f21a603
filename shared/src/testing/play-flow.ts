import type { Flow } from '../protocol/flow.ts'

/** Any effect, as far as a test tells it. */
interface Told {
  readonly do: string
  readonly statement?: string
  readonly as?: string
  readonly point?: string
  readonly event?: { readonly name: string; readonly fields: unknown }
  readonly begin?: () => Flow<unknown, unknown>
}

export interface Played<Effect, Result> {
  /** What it did, in order, in a word each: a statement's name, a crash point, how a ticket was settled, an event. */
  readonly told: readonly string[]
  readonly effects: readonly Effect[]
  /** What it came to; undefined when it threw. */
  readonly result: Result | undefined
  readonly error: unknown
}

/**
 * Drives a flow with scripted answers, by the names of statements and effects; one that is an error is thrown into the
 * flow. What has no answer here is answered with nothing.
 */
export function playFlow<Effect, Result>(
  flow: Flow<Effect, Result>,
  answers: Readonly<Record<string, unknown>> = {},
): Played<Effect, Result> {
  const effects: Effect[] = []
  const told: string[] = []
  try {
    let step = flow.next()
    while (step.done !== true) {
      const effect = step.value as Effect & Told
      effects.push(effect)
      told.push(wordOf(effect))
      const answer = effect.do === 'inTransaction' ? inside(effect) : answers[effect.statement ?? effect.do]
      step = answer instanceof Error ? flow.throw(answer) : flow.next(answer)
    }
    return { told, effects, result: step.value, error: null }
  } catch (error) {
    return { told, effects, result: undefined, error }
  }

  function inside(effect: Told): unknown {
    if (effect.begin === undefined) return undefined
    const played = playFlow(effect.begin(), answers)
    told.push(...played.told, played.error === null ? 'commit' : 'rollback')
    return played.error ?? played.result
  }
}

function wordOf({ do: kind, statement, as, point, event }: Told): string {
  return statement ?? as ?? point ?? event?.name ?? kind
}
