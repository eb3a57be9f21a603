/**
 * A piece of the protocol as a generator: it yields one effect at a time and is resumed with its answer, so the order of
 * the effects is decided here, and whoever drives it performs them. Between two effects a process may stop for ever.
 */
export type Flow<Effect, Result> = Generator<Effect, Result, unknown>

/**
 * Drives a flow to its end. An effect that fails is thrown into the flow where it was asked for; what the flow does not
 * catch is thrown on. Waits only for answers that are promises, so effects of this process cost no turn of the event loop.
 */
export async function runFlow<Effect, Result>(
  flow: Flow<Effect, Result>,
  perform: (effect: Effect) => unknown,
): Promise<Result> {
  let step = flow.next()
  while (step.done !== true) {
    let answer: unknown
    try {
      answer = perform(step.value)
      if (answer instanceof Promise) answer = await answer
    } catch (error) {
      step = flow.throw(error)
      continue
    }
    step = flow.next(answer)
  }
  return step.value
}

/** The same at once, for flows whose effects are all answered at once. */
export function runFlowNow<Effect, Result>(
  flow: Flow<Effect, Result>,
  perform: (effect: Effect) => unknown,
): Result {
  let step = flow.next()
  while (step.done !== true) step = flow.next(perform(step.value))
  return step.value
}
