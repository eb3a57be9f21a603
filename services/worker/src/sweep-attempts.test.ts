import { expect, test } from '@jest/globals'
import type { Delivery } from '@redrive/shared/broker'
import type { ClaimedAttempt } from '@redrive/shared/database'
import type { Events } from '@redrive/shared/runtime'
import { newId } from '@redrive/shared/runtime'
import { defineTask, LANES } from '@redrive/shared/task'
import { z } from 'zod'
import { HeldTickets } from './held-tickets.ts'
import { type RunningAttempt, RunningAttempts } from './running-attempts.ts'
import { abortAttempt, settleLongHeld, sweepAttempts } from './sweep-attempts.ts'

const type = defineTask({ name: 'a.type', input: z.any(), handler: () => null, timeoutMs: 1_000 })

function stage(timeoutMs: number | null = null) {
  const emitted: string[] = []
  const events = { emit: (name: string) => emitted.push(name) } as unknown as Events
  const running = new RunningAttempts(() => undefined)
  const claimed = { token: newId(), taskId: newId(), timeoutMs } as ClaimedAttempt
  const attempt = running.add(claimed, type, {} as RunningAttempt['held'])
  // A little later, because sums of such instants are not exact.
  const sweep = (afterMs: number) =>
    sweepAttempts({ running, events, abortGraceMs: 5_000, nowMs: attempt.startedAtMs + afterMs + 0.01 })
  return { attempt, sweep, emitted }
}

test('an attempt is told to stop when the timeout of its type is over, and not before', () => {
  const { attempt, sweep, emitted } = stage()
  sweep(999)
  expect(attempt.abort.signal.aborted).toBe(false)
  sweep(1_000)

  expect(attempt.abort.signal.reason).toMatchObject({ name: 'TimeoutError' })
  expect(emitted).toEqual(['attempt.timed_out'])
  sweep(1_100)
  expect(emitted).toHaveLength(1)
})

test('a timeout of the task goes before that of its type', () => {
  const { attempt, sweep } = stage(50)
  sweep(50)

  expect(attempt.abort.signal.aborted).toBe(true)
})

test('five seconds after its signal an attempt is decided without its handler', async () => {
  const { attempt, sweep } = stage()
  sweep(1_000)
  const told = attempt.abortedAtMs - attempt.startedAtMs
  sweep(told + 4_999)
  expect(attempt.isDecided).toBe(false)
  sweep(told + 5_000)

  expect(await attempt.overruled).toMatchObject({ kind: 'failed', failure: 'timed_out' })
})

test('an attempt that was taken away and goes on is abandoned, and not a timeout', async () => {
  const { attempt, sweep, emitted } = stage()
  abortAttempt(attempt, 'taken_away', new Error('cancelled'))
  sweep(attempt.abortedAtMs - attempt.startedAtMs + 5_000)

  expect(await attempt.overruled).toEqual({ kind: 'abandoned' })
  expect(emitted).toEqual([])
})

test('an attempt whose end is being written is left alone', () => {
  const { attempt, sweep, emitted } = stage()
  attempt.isDecided = true
  sweep(60_000)

  expect(attempt.abort.signal.aborted).toBe(false)
  expect(emitted).toEqual([])
})

test('a ticket held for 20 minutes is acknowledged where its attempt runs, and given back where it waits', () => {
  const held = new HeldTickets({ lanes: LANES, onWaiting: () => undefined })
  const settled: string[] = []
  const receive = (name: string): void => {
    const tell = (what: string) => () => settled.push(`${name} ${what}`) > 0
    const delivery = { receivedAtMs: 0, ack: tell('ack'), giveBack: tell('giveBack'), reject: tell('reject') }
    held.receive({ taskId: newId(), number: 1 }, 'normal', delivery as unknown as Delivery)
  }
  receive('running')
  held.take(1)
  receive('waiting')
  settleLongHeld(held, 20 * 60_000 - 1)
  expect(settled).toEqual([])
  settleLongHeld(held, 20 * 60_000)

  expect(settled).toEqual(['running ack', 'waiting giveBack'])
  expect(held.size).toBe(1)
})
