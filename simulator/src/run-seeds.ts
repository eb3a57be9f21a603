import type { Mutation } from './mutation.ts'
import { simulate } from './simulate.ts'
import type { Violation } from './violation.ts'

export interface Broken {
  readonly seed: number
  readonly violation: Violation
}

export interface SeedsResult {
  readonly broken: readonly Broken[]
  readonly seeds: number
  readonly tasks: number
  readonly attempts: number
}

export interface SeedRange {
  readonly from: number
  readonly count: number
  readonly mutation?: Mutation | null
  /** It stops after so many. */
  readonly maxBroken: number
}

export function runSeeds({ from, count, mutation = null, maxBroken }: SeedRange): SeedsResult {
  const broken: Broken[] = []
  let tasks = 0
  let attempts = 0
  let seed = from
  for (; seed < from + count && broken.length < maxBroken; seed += 1) {
    const result = simulate({ seed, mutation })
    tasks += result.tasks
    attempts += result.attempts
    if (result.violation !== null) broken.push({ seed, violation: result.violation })
  }
  return { broken, seeds: seed - from, tasks, attempts }
}
