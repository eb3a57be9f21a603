import { expect, test } from '@jest/globals'
import { FAULTS } from './hostility.ts'
import { runSeeds } from './run-seeds.ts'
import { shrink } from './shrink.ts'
import { simulate } from './simulate.ts'
import { tellHistory } from './tell-history.ts'

const FIXED = 2_000
const FRESH = 300

test('the protocol keeps its promises against hostile stores in two thousand known runs', () => {
  const { broken, seeds, tasks, attempts } = runSeeds({ from: 0, count: FIXED, maxBroken: 1 })
  expect(broken).toEqual([])
  // So that runs in which nothing happens are noticed.
  expect(tasks).toBeGreaterThan(seeds * 3)
  expect(attempts).toBeGreaterThan(tasks)
})

test('the protocol keeps its promises in runs that nobody has seen before', () => {
  const from = 100_000 + Math.floor(Math.random() * 1_000_000_000)
  process.stdout.write(`npm run simulate -- --from ${from} --seeds ${FRESH}\n`)
  const { broken } = runSeeds({ from, count: FRESH, maxBroken: 1 })
  expect({ from, broken }).toEqual({ from, broken: [] })
})

test('the same seed gives the same history', () => {
  const history = tellHistory({ seed: 7 })
  expect(history.length).toBeGreaterThan(50)
  expect(tellHistory({ seed: 7 })).toEqual(history)
})

test('a run without its faults and its moves does nothing', () => {
  const { tasks, violation } = simulate({ seed: 7, moves: 0, without: FAULTS })
  expect({ tasks, violation }).toEqual({ tasks: 0, violation: null })
})

test('a broken run is shrunk to one that is shorter and broken as well', () => {
  const mutation = 'fail-without-dead-letter'
  const [first] = runSeeds({ from: 0, count: 100, mutation, maxBroken: 1 }).broken
  const options = { seed: first?.seed ?? -1, mutation } as const
  const shortest = shrink(options)
  expect(simulate(shortest).violation?.invariant).toBe('I4')
  expect(shortest.moves).toBeLessThan(simulate(options).moves)
  expect(tellHistory(shortest).at(-1)).toContain('VIOLATION')
})
