import { expect, test } from '@jest/globals'
import type { Ticket } from '../task/index.ts'
import { playFlow } from '../testing/play-flow.ts'
import { releaseTickets } from './release-tickets.ts'

const order = { lane: 'normal', limit: 10, graceMs: 5_000 } as const
const a = { taskId: 'a', number: 1 }
const b = { taskId: 'b', number: 2 }
const nothing = { confirmed: [], returned: [], unknown: [] }

function send(taken: readonly Ticket[], published: object) {
  const [, background] = playFlow(releaseTickets(order), { takeDueTickets: taken }).effects
  if (background?.do !== 'inBackground') throw new Error('nothing was sent')
  return playFlow(background.begin(), { publish: { ...nothing, ...published } })
}

test('tickets are reserved before they are sent, and the next are taken meanwhile', () => {
  const { told, result } = playFlow(releaseTickets(order), { takeDueTickets: [a, b] })
  expect(told).toEqual(['takeDueTickets', 'inBackground'])
  expect(result).toBe(2)
})

test('what could not be reserved is not sent', () => {
  expect(playFlow(releaseTickets(order), { takeDueTickets: new Error('gone') }).told).toEqual([
    'takeDueTickets',
  ])
  expect(playFlow(releaseTickets(order), { takeDueTickets: [] }).told).toEqual(['takeDueTickets'])
})

test('a ticket is marked after the broker has confirmed it', () => {
  expect(send([a, b], { confirmed: [a, b] }).told).toEqual([
    'release.taken',
    'ticket.published',
    'publish',
    'ticket.confirmed',
    'release.published',
    'tickets.released',
    'markConfirmed',
  ])
})

test('what was returned or is unknown is not marked', () => {
  const { effects } = send([a, b], { confirmed: [a], unknown: [b] })
  expect(effects.at(-1)).toMatchObject({ statement: 'markConfirmed', args: [[a]] })
  expect(send([a], { unknown: [a] }).told).not.toContain('markConfirmed')
  const { told } = send([a], { returned: [a] })
  expect(told).toContain('noteReturned')
  expect(told).not.toContain('markConfirmed')
})
