import { FAULTS } from './hostility.ts'
import { simulate, type SimulationOptions } from './simulate.ts'

const MAX_HALVINGS = 12

/**
 * The same seed with as few faults and moves as still break something, for a history that a person can read. What breaks
 * may be another thing than before: without a fault, the draws after it mean something else.
 */
export function shrink(options: SimulationOptions): SimulationOptions {
  let least = options
  for (const fault of FAULTS) {
    const without = [...(least.without ?? []), fault]
    if (isBroken({ ...least, without })) least = { ...least, without }
  }
  let { moves } = simulate(least)
  for (let step = Math.ceil(moves / 2), halvings = 0; step > 0 && halvings < MAX_HALVINGS; halvings += 1) {
    const fewer = { ...least, moves: moves - step }
    if (isBroken(fewer)) {
      least = fewer
      moves -= step
    } else step = Math.floor(step / 2)
  }
  return least
}

function isBroken(options: SimulationOptions): boolean {
  return simulate(options).violation !== null
}
