import { checkEnd } from './check-end.ts'
import { drawMoves, drawTypes, makeMove } from './chaos.ts'
import { heal } from './heal.ts'
import type { Fault } from './hostility.ts'
import type { Mutation } from './mutation.ts'
import { Violation } from './violation.ts'
import { World } from './world.ts'

export interface SimulationOptions {
  readonly seed: number
  readonly mutation?: Mutation | null
  /** Faults that are left out, although the seed has them. */
  readonly without?: readonly Fault[]
  /** How many moves there are before each healing; by default the seed says. */
  readonly moves?: number
  readonly trace?: (line: string) => void
}

export interface SimulationResult {
  readonly violation: Violation | null
  readonly moves: number
  readonly tasks: number
  readonly attempts: number
}

const MIN_MOVES = 50
const MORE_MOVES = 200

/** One run: hostile moves in an order that the seed decides, then peace, then the last look; in every other run all of it twice. The same options give the same run. */
export function simulate(options: SimulationOptions): SimulationResult {
  const { seed, mutation = null, without = [], trace = null } = options
  const world = new World({ seed, mutation, without, trace })
  const drawn = MIN_MOVES + world.random.below(MORE_MOVES)
  const moves = options.moves ?? drawn
  for (let count = 1 + world.random.below(3); count > 0; count -= 1) world.addWorker(drawTypes(world))
  if (world.random.chance(0.5)) world.addDispatcher()
  let violation: Violation | null = null
  try {
    // Another time, so that there is also trouble with what has ended.
    for (let times = world.random.chance(0.5) ? 2 : 1; times > 0; times -= 1) {
      const chaos = drawMoves(world.random)
      world.areFaultsOn = true
      for (let made = 0; made < moves; made += 1) makeMove(world, chaos)
      heal(world)
      checkEnd(world)
    }
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    violation = error
    world.tell(() => `VIOLATION ${error.message}`)
  }
  return { violation, moves, tasks: world.tables.tasks.size, attempts: world.begun.size }
}
