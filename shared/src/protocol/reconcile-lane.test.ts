import { expect, test } from '@jest/globals'
import { playFlow } from '../testing/play-flow.ts'
import { openOverdue } from './open-overdue.ts'
import { reconcileLane } from './reconcile-lane.ts'

const doubted = { lane: 'normal', olderThanMs: 10_000 } as const
const figures = {
  inspectLane: { ready: 4, unacknowledged: 2 },
  countOldConfirmed: { old: 10, overdue: 0 },
  countPrefetchable: 100,
  countLaneTasks: [{ lane: 'normal', running: 1 }],
}

test('the broker is asked before the ledger, so that what is claimed in between looks less lost, never more', () => {
  const { told, effects, result } = playFlow(reconcileLane(doubted), { ...figures, releaseUnseenTickets: 5 })
  expect(told).toEqual([
    'inspectLane',
    'countOldConfirmed',
    'countPrefetchable',
    'countLaneTasks',
    'releaseUnseenTickets',
    'noteRepair',
  ])
  // Ten are confirmed; four are ready, and of the two that workers hold one runs.
  expect(effects.at(-1)).toMatchObject({ repair: 'tickets_published_again', lane: 'normal', count: 5 })
  expect(result).toMatchObject({ missing: 5 })
})

test('nothing is released again while the broker holds enough, or cannot be asked', () => {
  const enough = { ...figures, inspectLane: { ready: 10, unacknowledged: 0 } }
  expect(playFlow(reconcileLane(doubted), enough).told).toEqual(['inspectLane', 'countOldConfirmed'])
  const gone = new Error('no broker')
  expect(playFlow(reconcileLane(doubted), { ...figures, inspectLane: gone })).toMatchObject({
    told: ['inspectLane'],
    error: gone,
  })
})

test('a repair that found less to release than was missing says how much it released', () => {
  const { result } = playFlow(reconcileLane(doubted), { ...figures, releaseUnseenTickets: 2 })
  expect(result).toMatchObject({ missing: 2 })
})

test('overdue dead letters are told after they are open, and none is told when there is none', () => {
  expect(playFlow(openOverdue(300_000), { openOverdueDeadLetters: [{ id: 'd' }] })).toMatchObject({
    told: ['openOverdueDeadLetters', 'noteRepair'],
    result: 1,
  })
  expect(playFlow(openOverdue(300_000), { openOverdueDeadLetters: [] }).told).toEqual([
    'openOverdueDeadLetters',
  ])
})
