import { expect, test } from '@jest/globals'
import type { ClaimedAttempt } from '../database/index.ts'
import { playFlow } from '../testing/play-flow.ts'
import { claimBatch } from './claim-batch.ts'

const held = ['a', 'b', 'c'].map((taskId) => ({
  ticket: { taskId, number: 1 },
  lane: 'normal' as const,
  vainClaims: 0,
}))

function claim() {
  let tokens = 0
  const sources = { newToken: () => `token ${(tokens += 1)}`, nowMs: () => 0 }
  return claimBatch(held, { workerId: 'w', types: ['math.add'], sources })
}

const attemptOf = (taskId: string) => ({ taskId, token: `of ${taskId}` }) as ClaimedAttempt

test('an attempt begins after its claim is committed', () => {
  const { told } = playFlow(claim(), { claimTickets: ['a', 'b', 'c'].map(attemptOf) })
  expect(told).toEqual([
    'claim.received',
    'claimTickets',
    'claim.committed',
    'tickets.claimed',
    'begin',
    'begin',
    'begin',
  ])
})

test('what the ledger did not give is judged and does not begin', () => {
  const { effects } = playFlow(claim(), { claimTickets: [attemptOf('b')] })
  expect(effects.filter((effect) => effect.do === 'begin')).toEqual([
    { do: 'begin', attempt: attemptOf('b'), held: held[1] },
  ])
  expect(effects.at(-1)).toEqual({ do: 'judge', tickets: [held[0], held[2]] })
})

test('every ticket has a token of its own before the ledger is asked', () => {
  const { effects } = playFlow(claim(), { claimTickets: [] })
  expect(effects[1]).toMatchObject({
    statement: 'claimTickets',
    args: [{ tickets: [{ token: 'token 1' }, { token: 'token 2' }, { token: 'token 3' }] }],
  })
})

test('a claim without an answer begins nothing and settles nothing', () => {
  const { told, error } = playFlow(claim(), { claimTickets: new Error('given up') })
  expect(error).toEqual(new Error('given up'))
  expect(told).toEqual(['claim.received', 'claimTickets'])
})

test('an attempt of a ticket that this worker does not hold is left to rescue', () => {
  const { told } = playFlow(claim(), { claimTickets: [attemptOf('another')] })
  expect(told).not.toContain('begin')
})
