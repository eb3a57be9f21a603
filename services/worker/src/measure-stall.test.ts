import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { measureStall, type StallLook } from './measure-stall.ts'

const EVERY_MS = 250

function watch(beats: readonly number[], gapMs = EVERY_MS): StallLook {
  let look: StallLook = { beat: 0, atMs: 0, stalledMs: 0 }
  beats.forEach((beat, index) => {
    look = measureStall(look, { beat, atMs: (index + 1) * gapMs }, EVERY_MS)
  })
  return look
}

test('a pulse that stands still has stalled since its last beat', () => {
  expect(watch([1, 2, 2, 2, 2]).stalledMs).toBe(3 * EVERY_MS)
})

test('one beat ends a stall', () => {
  expect(watch([1, 1, 1, 1, 2]).stalledMs).toBe(0)
})

test('a process that was frozen for a day has not stalled for longer than two looks', () => {
  expect(watch([0], 86_400_000).stalledMs).toBe(2 * EVERY_MS)
})

test('a stall is never longer than the time since the last beat was seen', () => {
  const gaps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 10_000 })), { maxLength: 50 })
  fc.assert(
    fc.property(gaps, (looks) => {
      let look: StallLook = { beat: 0, atMs: 0, stalledMs: 0 }
      let beatAtMs = 0
      for (const [hasBeaten, gapMs] of looks) {
        const atMs = look.atMs + gapMs
        if (hasBeaten) beatAtMs = atMs
        look = measureStall(look, { beat: look.beat + Number(hasBeaten), atMs }, EVERY_MS)
        expect(look.stalledMs).toBeLessThanOrEqual(atMs - beatAtMs)
      }
    }),
  )
})
