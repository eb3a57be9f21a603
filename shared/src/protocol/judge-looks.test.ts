import { describe, expect, test } from '@jest/globals'
import type { GoneWorker } from '../database/index.ts'
import { judgeLook, NOTHING_SEEN, type LookMemory, type TimedLook } from './judge-looks.ts'

const LEASE_MS = 15_000

const free: GoneWorker = { id: 'free', host: 'a', isLeaseOver: false }
const over: GoneWorker = { id: 'over', host: 'b', isLeaseOver: true }

function lookAt(atMs: number, changes: Partial<TimedLook> = {}): TimedLook {
  return { atMs, generation: 1, server: 'one', gone: [], recentlyLost: [], ...changes }
}

/** A looker that has seen everything since `fromMs`, half a second apart, until its start pause was over. */
function settled(fromMs = 0): { memory: LookMemory; nowMs: number } {
  let memory = NOTHING_SEEN
  let nowMs = fromMs
  for (; nowMs <= fromMs + LEASE_MS; nowMs += 500) memory = judgeLook(memory, lookAt(nowMs), LEASE_MS).memory
  return { memory, nowMs }
}

describe('a looker that has looked all the time', () => {
  test('gives up a worker whose lock is free in two looks, not in one', () => {
    const { memory, nowMs } = settled()
    const first = judgeLook(memory, lookAt(nowMs, { gone: [free] }), LEASE_MS)
    expect(first).toMatchObject({ isPaused: false, lost: [] })
    const second = judgeLook(first.memory, lookAt(nowMs + 500, { gone: [free] }), LEASE_MS)
    expect(second.lost).toEqual([free])
  })

  test('keeps a worker that has its lock again in between', () => {
    const { memory, nowMs } = settled()
    const first = judgeLook(memory, lookAt(nowMs, { gone: [free] }), LEASE_MS)
    const second = judgeLook(first.memory, lookAt(nowMs + 500), LEASE_MS)
    expect(judgeLook(second.memory, lookAt(nowMs + 1_000, { gone: [free] }), LEASE_MS).lost).toEqual([])
  })

  test('gives up a worker whose lease is over at once', () => {
    const { memory, nowMs } = settled()
    expect(judgeLook(memory, lookAt(nowMs, { gone: [over] }), LEASE_MS).lost).toEqual([over])
  })
})

describe('nobody is given up for one lease', () => {
  test('after the start', () => {
    const first = judgeLook(NOTHING_SEEN, lookAt(100, { gone: [free, over] }), LEASE_MS)
    expect(first).toMatchObject({ isPaused: true, lost: [] })
    const { memory } = settled(100)
    const justBefore = { ...memory, last: lookAt(100 + LEASE_MS - 501, { gone: [free] }) }
    expect(judgeLook(justBefore, lookAt(100 + LEASE_MS - 1, { gone: [free, over] }), LEASE_MS).lost).toEqual(
      [],
    )
    expect(judgeLook(justBefore, lookAt(100 + LEASE_MS, { gone: [free, over] }), LEASE_MS).lost).toEqual([
      free,
      over,
    ])
  })

  test.each([
    ['another server answered', { server: 'two' }],
    ['another connection answered', { generation: 2 }],
  ])('after %s', (_, changes) => {
    const { memory, nowMs } = settled()
    const seenBefore = judgeLook(memory, lookAt(nowMs, { gone: [free] }), LEASE_MS).memory
    const after = judgeLook(seenBefore, lookAt(nowMs + 500, { ...changes, gone: [free, over] }), LEASE_MS)
    expect(after).toMatchObject({ isPaused: true, lost: [] })
    expect(after.memory.pausedUntilMs).toBe(nowMs + 500 + LEASE_MS)
  })

  test('after a look that failed, counted from the next one that succeeded', () => {
    const judged = judgeLook(NOTHING_SEEN, lookAt(90_000, { gone: [over] }), LEASE_MS)
    expect(judged).toMatchObject({ isPaused: true, lost: [] })
    expect(judged.memory.pausedUntilMs).toBe(90_000 + LEASE_MS)
  })

  test('after an answer that was half a lease late, as from a frozen database', () => {
    const { memory, nowMs } = settled()
    const late = nowMs - 500 + LEASE_MS / 2
    expect(judgeLook(memory, lookAt(late, { gone: [over] }), LEASE_MS).lost).toEqual([over])
    expect(judgeLook(memory, lookAt(late + 1, { gone: [over] }), LEASE_MS).lost).toEqual([])
  })
})
