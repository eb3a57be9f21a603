// npm run simulate -- [--seeds 10000] [--from 0] [--mutation name]
// npm run simulate -- --seed 17 [--mutation name] [--whole]
import { parseArgs } from 'node:util'
import { isMutation, type Mutation, MUTATIONS } from './mutation.ts'
import { runSeeds } from './run-seeds.ts'
import { shrink } from './shrink.ts'
import { simulate } from './simulate.ts'
import { tellHistory } from './tell-history.ts'

const { values: options } = parseArgs({
  options: {
    from: { type: 'string', default: '0' },
    mutation: { type: 'string' },
    seed: { type: 'string' },
    seeds: { type: 'string', default: '10000' },
    whole: { type: 'boolean', default: false },
  },
})

const mutation = readMutation(options.mutation)
if (options.seed === undefined) runMany(readNumber('from', options.from), readNumber('seeds', options.seeds))
else replay(readNumber('seed', options.seed), options.whole)

function runMany(from: number, count: number): void {
  const startedAt = performance.now()
  const { broken, seeds, tasks, attempts } = runSeeds({ from, count, mutation, maxBroken: 1 })
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
  tell(`${seeds} seeds from ${from}: ${tasks} tasks and ${attempts} attempts in ${seconds} s.`)
  const [first] = broken
  if (first === undefined) {
    tell('Nothing was broken.')
    return
  }
  replay(first.seed, false)
}

/** The whole run if wanted, and else the shortest that breaks. */
function replay(seed: number, isWhole: boolean): void {
  const { violation } = simulate({ seed, mutation })
  const isShrunk = violation !== null && !isWhole
  const shown = isShrunk ? shrink({ seed, mutation }) : { seed, mutation }
  for (const line of tellHistory(shown)) tell(line)
  if (isShrunk) {
    const { moves, without = [] } = shown
    tell(
      `Shrunk to ${moves ?? 'all'} moves, without ${without.join(', ') || 'nothing'}; all of it with --seed ${seed} --whole.`,
    )
  }
  tell(violation === null ? `Seed ${seed}: nothing was broken.` : `Seed ${seed}: ${violation.message}`)
  if (violation !== null) process.exitCode = 1
}

function readMutation(name: string | undefined): Mutation | null {
  if (name === undefined) return null
  if (isMutation(name)) return name
  throw new Error(`There is no mutation ${name}. There are: ${Object.keys(MUTATIONS).join(', ')}.`)
}

function readNumber(option: string, text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 0) return number
  throw new Error(`--${option} wants a whole number, and got ${text}.`)
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`)
}
