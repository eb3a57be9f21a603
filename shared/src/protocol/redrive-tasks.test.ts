import { expect, test } from '@jest/globals'
import type { Redrive } from '../database/index.ts'
import { playFlow } from '../testing/play-flow.ts'
import { recallChunk, redriveChunk, redriveTask } from './redrive-tasks.ts'

const order = { deadLetterId: 'd', actor: 'ann' } as Redrive
const chunk = { redriveId: 'r', maxChunk: 500 }
const step = { redriven: 3, skipped: 1, isCompleted: false, isFull: true }

test('a redrive is told after its commit, and sends no ticket itself', () => {
  const { told, result } = playFlow(redriveTask(order), { redriveDeadLetter: { taskId: 't', number: 4 } })
  expect(told).toEqual(['redriveDeadLetter', 'redrive.committed', 'dead_letter.redriven'])
  expect(result).toEqual({ taskId: 't', number: 4 })
})

test('a redrive of a dead letter that is not open says nothing', () => {
  expect(playFlow(redriveTask(order), { redriveDeadLetter: null })).toMatchObject({
    told: ['redriveDeadLetter'],
    result: null,
  })
})

test.each([
  ['goes on at once after a full chunk', step, true],
  ['waits after a smaller one', { ...step, isFull: false }, false],
  ['ends with its last chunk', { ...step, isCompleted: true }, false],
  ['does nothing when it does not run any more', null, false],
])('a redrive of many %s', (_, answer, isMore) => {
  expect(playFlow(redriveChunk(chunk), { advanceRedrive: answer }).result).toBe(isMore)
})

test('a chunk is told after its commit, and an empty one is not', () => {
  expect(playFlow(redriveChunk(chunk), { advanceRedrive: { ...step, isCompleted: true } }).told).toEqual([
    'advanceRedrive',
    'redrive.chunk_committed',
    'redrive.advanced',
    'redrive.completed',
  ])
  const empty = { redriven: 0, skipped: 0, isCompleted: false, isFull: false }
  expect(playFlow(redriveChunk(chunk), { advanceRedrive: empty }).told).toEqual(['advanceRedrive'])
})

test('a recall goes on until no member waits for its first attempt', () => {
  const recalled = [{ taskId: 't', deadLetterId: 'd', redriveId: 'r' }]
  const some = playFlow(recallChunk(chunk), { recallMembers: { recalled, isDone: false } })
  expect(some.told).toEqual(['recallMembers', 'recall.chunk_committed', 'redrive.members_recalled'])
  expect(some.result).toBe(true)
  const last = playFlow(recallChunk(chunk), { recallMembers: { recalled: [], isDone: true } })
  expect(last.told).toEqual(['recallMembers', 'redrive.recall_ended'])
  expect(last.result).toBe(false)
  expect(playFlow(recallChunk(chunk), { recallMembers: null }).result).toBe(false)
})
