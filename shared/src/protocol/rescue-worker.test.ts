import { expect, test } from '@jest/globals'
import { playFlow } from '../testing/play-flow.ts'
import { NOTHING_SEEN } from './judge-looks.ts'
import { lookForDead, rescueWorker } from './rescue-worker.ts'

const order = { worker: { id: 'w', host: 'h' }, generation: 1, sources: { newId: () => 'id' } }
const attempt = { taskId: 'a', attempt: 1, type: 'math.add' }
const convict = { ...attempt, taskId: 'b', token: 'token', lane: 'normal', number: 6, losses: 4 }
const gone = { lockGoneWorker: true, readGeneration: 1, rescueAttempts: [attempt], findConvicts: [] }

test('attempts are taken back in one transaction, in which the worker is seen gone once more', () => {
  expect(playFlow(rescueWorker(order), gone).told).toEqual([
    'inTransaction',
    'lockGoneWorker',
    'readGeneration',
    'rescueAttempts',
    'findConvicts',
    'commit',
    'rescue.committed',
    'attempts.rescued',
  ])
})

test.each([
  ['a worker that has come back', { lockGoneWorker: false }],
  ['a worker that another connection saw gone', { readGeneration: 2 }],
])('nothing is taken from %s', (_, answers) => {
  const { told } = playFlow(rescueWorker(order), { ...gone, ...answers })
  expect(told).not.toContain('rescueAttempts')
  expect(told.at(-1)).toBe('commit')
})

test('a convict fails in the same transaction, and its ticket is sent after the commit', () => {
  const { told, effects } = playFlow(rescueWorker(order), {
    ...gone,
    findConvicts: [convict],
    finishFailed: new Set(['b']),
    publish: { confirmed: [{ taskId: 'b', number: 6 }], returned: [], unknown: [] },
  })
  expect(told.slice(told.indexOf('findConvicts'))).toEqual([
    'findConvicts',
    'finishFailed',
    'commit',
    'rescue.committed',
    'attempts.rescued',
    'task.dead_lettered',
    'ticket.published',
    'publish',
    'ticket.confirmed',
  ])
  expect(effects.find((effect) => effect.do === 'publish')).toMatchObject({
    tickets: [{ taskId: 'b', number: 6 }],
  })
})

test('a convict whose attempt ended meanwhile is not told and not sent', () => {
  const answers = { ...gone, findConvicts: [convict], finishFailed: new Set() }
  expect(playFlow(rescueWorker(order), answers).told).not.toContain('publish')
})

test('a rescue that is not committed tells nothing', () => {
  const { told, error } = playFlow(rescueWorker(order), { ...gone, rescueAttempts: new Error('deadlock') })
  expect(error).toEqual(new Error('deadlock'))
  expect(told.at(-1)).toBe('rollback')
})

test('the first look gives up nobody', () => {
  const look = { server: 's', gone: [{ id: 'w', host: 'h', isLeaseOver: true }], recentlyLost: [] }
  const { result } = playFlow(
    lookForDead({ memory: NOTHING_SEEN, leaseMs: 15_000, sources: { nowMs: () => 5 } }),
    { findGoneWorkers: look, readGeneration: 1 },
  )
  expect(result).toMatchObject({ isPaused: true, lost: [], look: { atMs: 5, generation: 1 } })
})
