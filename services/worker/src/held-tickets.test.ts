import { describe, expect, test } from '@jest/globals'
import type { Delivery } from '@redrive/shared/broker'
import { newId } from '@redrive/shared/runtime'
import { type Lane, LANES } from '@redrive/shared/task'
import { HeldTickets } from './held-tickets.ts'

function stage() {
  let nudges = 0
  const held = new HeldTickets({ lanes: LANES, onWaiting: () => (nudges += 1) })
  const receive = (lane: Lane, ticket = { taskId: newId(), number: 1 }) => {
    const { delivery, settled } = createDelivery()
    return { ticket, settled, answer: held.receive(ticket, lane, delivery) }
  }
  return { held, receive, nudges: () => nudges }
}

/** What a delivery was told, in order. */
function createDelivery(): { delivery: Delivery; settled: string[] } {
  const settled: string[] = []
  const tell = (what: string) => () => settled.push(what) === 1
  const delivery = { receivedAtMs: 0, ack: tell('ack'), reject: tell('reject'), giveBack: tell('giveBack') }
  return { delivery: delivery as unknown as Delivery, settled }
}

test('tickets are taken one lane after the other, in each lane in order', () => {
  const { held, receive } = stage()
  const low = Array.from({ length: 5 }, () => receive('low').ticket)
  const high = [receive('high').ticket, receive('high').ticket]
  const normal = [receive('normal').ticket]

  const taken = held.take(6).map(({ ticket }) => ticket)
  expect(taken).toEqual([high[0], normal[0], low[0], high[1], low[1], low[2]])
  expect(held.take(10).map(({ ticket }) => ticket)).toEqual(low.slice(3))
  expect(held.take(10)).toEqual([])
  expect(held.size).toBe(8)
})

test('two numbers of one task are never taken together', () => {
  const { held, receive } = stage()
  const taskId = newId()
  receive('normal', { taskId, number: 1 })
  receive('normal', { taskId, number: 2 })

  expect(held.take(10)).toHaveLength(1)
  expect(held.take(10)).toHaveLength(1)
})

describe('a ticket that is held already', () => {
  test('is acknowledged, and the first delivery stays', () => {
    const { held, receive } = stage()
    const first = receive('normal')
    const second = receive('normal', first.ticket)

    expect(second).toMatchObject({ answer: 'duplicate', settled: ['ack'] })
    held.settle(held.take(1)[0]!, 'reject')
    expect(first.settled).toEqual(['reject'])
  })

  test('and whose channel is gone takes the new delivery', () => {
    const { held, receive } = stage()
    const first = receive('normal')
    const [taken] = held.take(1)
    held.loseDeliveries('normal')
    const second = receive('normal', first.ticket)

    expect(second).toMatchObject({ answer: 'replaced', settled: [] })
    held.settle(taken!, 'reject')
    expect(second.settled).toEqual(['reject'])
    expect(held.size).toBe(0)
  })
})

test('a lost channel takes its waiting tickets along and leaves the other lanes alone', () => {
  const { held, receive } = stage()
  receive('normal')
  const high = receive('high')
  held.loseDeliveries('normal')

  expect(held.take(10).map(({ ticket }) => ticket)).toEqual([high.ticket])
  expect(held.size).toBe(1)
})

test('closing gives back what waits or rests, keeps what is taken, and takes nothing new', () => {
  const { held, receive } = stage()
  const taken = receive('high')
  const rested = receive('high')
  const [running, resting] = held.take(2)
  const waiting = receive('low')
  held.waitAgain(resting!, 60_000)
  held.close()
  const late = receive('low')

  expect([taken, rested, waiting, late].map(({ settled }) => settled)).toEqual([
    [],
    ['giveBack'],
    ['giveBack'],
    ['giveBack'],
  ])
  held.waitAgain(running!)
  expect(taken.settled).toEqual(['giveBack'])
  expect(held.size).toBe(0)
})

test('opened again, it takes tickets, and says so', () => {
  const { held, receive, nudges } = stage()
  held.close()
  held.open()
  receive('low')

  expect(nudges()).toBe(1)
  expect(held.take(1)).toHaveLength(1)
})

test('a ticket is settled once', async () => {
  const { held, receive } = stage()
  const { settled } = receive('normal')
  const [taken] = held.take(1)
  held.settle(taken!, 'ack')
  held.settle(taken!, 'reject')

  expect(settled).toEqual(['ack'])
  await held.whenEmpty()
})
