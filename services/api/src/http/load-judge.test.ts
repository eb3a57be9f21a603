import { expect, test } from '@jest/globals'
import { LoadJudge, type LoadReading } from './load-judge.ts'

const calm = { loopDelayMs: 5, poolWaitMs: 0 }
const behind = { loopDelayMs: 120, poolWaitMs: 0 }
const farBehind = { loopDelayMs: 0, poolWaitMs: 700 }
const between = { loopDelayMs: 70, poolWaitMs: 0 }

const judgeWith = () => new LoadJudge({ loopDelayMs: 100, poolWaitMs: 200 })

/** The levels after looks that follow one another by a tenth of a second. */
function levels(judge: LoadJudge, reading: LoadReading, looks: number): number[] {
  return Array.from({ length: looks }, () => judge.judge(reading, 100))
}

test('load is shed after one and a half seconds over the limit, less what was below it', () => {
  const judge = judgeWith()
  expect(levels(judge, behind, 14)).toEqual(Array(14).fill(0))
  expect(levels(judge, calm, 5)).toEqual(Array(5).fill(0))
  expect(levels(judge, behind, 6)).toEqual([0, 0, 0, 0, 0, 1])
})

test('one long block is no reason, and blocks that leave little time between them are', () => {
  const judge = judgeWith()
  expect(judge.judge(behind, 10_000)).toBe(0)
  levels(judge, calm, 5)
  const seen = Array.from({ length: 8 }, () => {
    judge.judge(behind, 1_000)
    return levels(judge, calm, 2).at(-1)
  })
  expect(seen).toContain(1)
})

test('reads are shed from three times the limit, after submissions and never before', () => {
  const judge = judgeWith()
  const seen = levels(judge, farBehind, 40)
  expect([seen[13], seen[14], seen[28], seen[29], seen[39]]).toEqual([0, 1, 1, 2, 2])
  const other = judgeWith()
  expect(levels(other, behind, 100).at(-1)).toBe(1)
})

test('everything is taken again step by step, each after a calm second', () => {
  const judge = judgeWith()
  levels(judge, farBehind, 30)
  expect(levels(judge, calm, 20)).toEqual([...Array(9).fill(2), ...Array(10).fill(1), 0])
})

test('a load between half and whole leaves the level as it is', () => {
  const judge = judgeWith()
  expect(levels(judge, between, 100).at(-1)).toBe(0)
  levels(judge, behind, 15)
  expect(levels(judge, between, 100).at(-1)).toBe(1)
})
