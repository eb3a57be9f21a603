import { expect, test } from '@jest/globals'
import { LoadJudge, type LoadReading } from './load-judge.ts'

const calm = { loopDelayMs: 5, poolWaitMs: 0 }
const behind = { loopDelayMs: 120, poolWaitMs: 0 }
const farBehind = { loopDelayMs: 0, poolWaitMs: 700 }
const between = { loopDelayMs: 70, poolWaitMs: 0 }

const judgeWith = () => new LoadJudge({ loopDelayMs: 100, poolWaitMs: 200 })

function levels(judge: LoadJudge, reading: LoadReading, looks: number): number[] {
  return Array.from({ length: looks }, () => judge.judge(reading))
}

test('load is shed after five looks over the limit in a row, and not by four and one', () => {
  const judge = judgeWith()
  expect(levels(judge, behind, 4)).toEqual([0, 0, 0, 0])
  judge.judge(calm)
  expect(levels(judge, behind, 5)).toEqual([0, 0, 0, 0, 1])
})

test('reads are shed from three times the limit, after submissions and never before', () => {
  const judge = judgeWith()
  expect(levels(judge, farBehind, 10)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 2])
  expect(levels(judge, farBehind, 10).at(-1)).toBe(2)
  const other = judgeWith()
  expect(levels(other, behind, 30).at(-1)).toBe(1)
})

test('everything is taken again step by step, each after ten calm looks', () => {
  const judge = judgeWith()
  levels(judge, farBehind, 10)
  expect(levels(judge, calm, 20)).toEqual([...Array(9).fill(2), ...Array(10).fill(1), 0])
})

test('a load between half and whole leaves the level as it is', () => {
  const judge = judgeWith()
  expect(levels(judge, between, 30).at(-1)).toBe(0)
  levels(judge, behind, 5)
  expect(levels(judge, between, 30).at(-1)).toBe(1)
})
