import { expect, test } from '@jest/globals'
import { chooseReplacement, type EndedWorker } from './choose-replacement.ts'

const ended: EndedWorker = {
  isStopping: false,
  isReplaceable: true,
  wasEverReady: true,
  healthyMs: 0,
  lastDelayMs: 0,
}

test.each([{ isStopping: true }, { isReplaceable: false }, { wasEverReady: false }])(
  'with %j nothing follows',
  (more) => {
    expect(chooseReplacement({ ...ended, ...more })).toBeNull()
  },
)

test('the first replacement comes at once, and each after a quick end twice as late, up to half a minute', () => {
  const delays: number[] = []
  for (let lastDelayMs = 0; delays.length < 10;) {
    lastDelayMs = chooseReplacement({ ...ended, lastDelayMs })?.delayMs ?? -1
    delays.push(lastDelayMs)
  }
  expect(delays).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000])
})

test('a process that was healthy for half a minute is replaced at once again', () => {
  expect(chooseReplacement({ ...ended, lastDelayMs: 30_000, healthyMs: 30_000 })).toEqual({ delayMs: 200 })
})
