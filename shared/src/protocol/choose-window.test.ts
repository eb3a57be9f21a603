import { expect, test } from '@jest/globals'
import { chooseWindow } from './choose-window.ts'

test.each([
  ['an idle lane keeps a window that a first worker can begin with', { drainedPerSecond: 0, slots: 0 }, 200],
  ['slow tasks get two tickets per slot', { drainedPerSecond: 3, slots: 500 }, 1_000],
  ['fast tasks get two seconds of what was drained', { drainedPerSecond: 4_000, slots: 100 }, 8_000],
  ['a part of a ticket counts as one', { drainedPerSecond: 100.1, slots: 10 }, 201],
  ['the window has an upper end, whatever the speed', { drainedPerSecond: 50_000, slots: 100 }, 20_000],
  ['the window has an upper end, whatever the slots', { drainedPerSecond: 0, slots: 50_000 }, 20_000],
])('%s', (_, demand, window) => {
  expect(chooseWindow(demand)).toBe(window)
})
