import { describe, expect, test } from '@jest/globals'
import type { ClaimedAttempt } from '../database/index.ts'
import { playFlow } from '../testing/play-flow.ts'
import { type AttemptEnd, endTogether } from './end-together.ts'
import type { WayToEnd } from './ports.ts'

function endOf<Way extends WayToEnd>(token: string, record: object = {}): AttemptEnd<Way> {
  const taskId = `task of ${token}`
  return {
    claimed: { taskId, token, attempt: 1 } as ClaimedAttempt,
    record: { taskId, token, ...record } as AttemptEnd<Way>['record'],
  }
}

describe('ending attempts together', () => {
  test('asks for those that were not open how they ended, and for nobody else', () => {
    const ends = [endOf<'succeed'>('a'), endOf<'succeed'>('b'), endOf<'succeed'>('c')]
    const { told, effects, result } = playFlow(endTogether('succeed', ends), {
      finishSucceeded: new Set(['a']),
      findFinishedTokens: new Map([['b', 'succeeded']]),
    })
    expect(told).toEqual([
      'finish.before_commit',
      'finishSucceeded',
      'findFinishedTokens',
      'finish.committed',
    ])
    expect(effects[2]).toMatchObject({ args: [[{ token: 'b' }, { token: 'c' }]] })
    // One was ended now, one by an earlier commit whose answer was lost, one by nobody that is this worker.
    expect(result).toEqual(['ended', 'ended', 'taken_away'])
  })

  test('asks no second time where all were open', () => {
    const { told } = playFlow(endTogether('succeed', [endOf<'succeed'>('a')]), {
      finishSucceeded: new Set(['a']),
    })
    expect(told).toEqual(['finish.before_commit', 'finishSucceeded', 'finish.committed'])
  })

  test('takes an attempt for its own only where its record says the same', () => {
    const end = endOf<'succeed'>('a')
    const answers = (outcome: string) => ({
      finishSucceeded: new Set(),
      findFinishedTokens: new Map([['a', outcome]]),
    })
    expect(playFlow(endTogether('succeed', [end]), answers('succeeded')).result).toEqual(['ended'])
    expect(playFlow(endTogether('succeed', [end]), answers('lost')).result).toEqual(['taken_away'])
    expect(playFlow(endTogether('succeed', [end]), answers('cancelled')).result).toEqual(['taken_away'])
  })

  test('knows failures by the tasks that failed', () => {
    const ends = [
      endOf<'fail'>('a', { outcome: 'failed' }),
      endOf<'fail'>('b', { outcome: 'timed_out' }),
      endOf<'fail'>('c', { outcome: 'failed' }),
    ]
    const { told, result } = playFlow(endTogether('fail', ends), {
      finishFailed: new Set(['task of a']),
      findFinishedTokens: new Map([
        ['b', 'timed_out'],
        ['c', 'lost'],
      ]),
    })
    expect(told).toEqual(['fail.before_commit', 'finishFailed', 'findFinishedTokens', 'fail.committed'])
    expect(result).toEqual(['ended', 'ended', 'taken_away'])
  })

  test.each([
    ['a charged attempt', true, 'retry.committed'],
    ['one that was given back', false, 'return.committed'],
  ])('names the window after the rescheduling of %s', (_, isCharged, point) => {
    const end = endOf<'reschedule'>('a', { outcome: 'failed', isCharged })
    const { told } = playFlow(endTogether('reschedule', [end]), { rescheduleAttempts: new Set(['a']) })
    expect(told).toEqual(['rescheduleAttempts', point])
  })

  test('says nothing about attempts when the ledger did not answer', () => {
    const gone = new Error('gone')
    expect(
      playFlow(endTogether('succeed', [endOf<'succeed'>('a')]), { finishSucceeded: gone }),
    ).toMatchObject({ error: gone, told: ['finish.before_commit', 'finishSucceeded'] })
  })
})
