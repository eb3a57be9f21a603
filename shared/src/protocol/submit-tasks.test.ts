import { expect, test } from '@jest/globals'
import type { AcceptedTask } from '../database/index.ts'
import { playFlow } from '../testing/play-flow.ts'
import { noteOutcome, type ReservedTask, submitTasks, submitWithKey } from './submit-tasks.ts'

const AT = new Date('2026-01-01T00:00:00Z')
const LATER = new Date('2026-01-01T01:00:00Z')
const key = { tenantId: 't', route: 'r', key: 'k', bodyHash: Buffer.from('hash') }

function task(id: string, takenForMs: number | null = 5_000): ReservedTask {
  return { id, type: 'math.add', lane: 'normal', takenForMs } as ReservedTask
}

function accepted(id: string, runAt = AT): AcceptedTask {
  return { id, createdAt: AT, runAt }
}

test('a ticket is sent after the commit of its task, and never before', () => {
  const { told, result } = playFlow(submitTasks([task('a'), task('b')]), {
    submitTasks: [accepted('a'), accepted('b')],
  })
  expect(told).toEqual([
    'submit.before_commit',
    'submitTasks',
    'submit.committed',
    'task.accepted',
    'send',
    'send',
    'ticket.published',
    'submit.published',
  ])
  expect(result).toEqual([accepted('a'), accepted('b')])
})

test('a commit without an answer sends nothing and accepts nothing', () => {
  const { told, error } = playFlow(submitTasks([task('a')]), { submitTasks: new Error('gone') })
  expect(error).toEqual(new Error('gone'))
  expect(told).toEqual(['submit.before_commit', 'submitTasks'])
})

test.each([
  ['was not reserved', task('a', null), accepted('a')],
  ['is not due by the ledger’s clock', task('a'), accepted('a', LATER)],
])('a task that %s is left to release', (_, submitted, stored) => {
  expect(playFlow(submitTasks([submitted]), { submitTasks: [stored] }).told).not.toContain('send')
})

test('the first dispatch of a task has the number 1', () => {
  const { effects } = playFlow(submitTasks([task('a')]), { submitTasks: [accepted('a')] })
  expect(effects.find((effect) => effect.do === 'send')).toMatchObject({
    ticket: { taskId: 'a', number: 1 },
  })
})

test('a key that was used before gives the tasks of that time and sends nothing', () => {
  const { told, result } = playFlow(submitWithKey([task('b')], key), {
    submitTasksWithKey: null,
    findSubmission: { bodyHash: key.bodyHash, tasks: [accepted('a')] },
  })
  expect(told).toEqual(['submit.before_commit', 'submitTasksWithKey', 'findSubmission'])
  expect(result).toEqual({ accepted: [accepted('a')], isReplay: true })
})

test('a keyed commit whose answer was lost is no replay, and its tickets are sent', () => {
  const { told, result } = playFlow(submitWithKey([task('a')], key), {
    submitTasksWithKey: null,
    findSubmission: { bodyHash: key.bodyHash, tasks: [accepted('a')] },
  })
  expect(result).toMatchObject({ isReplay: false })
  expect(told).toContain('send')
})

test('a key of another body is refused', () => {
  const { result } = playFlow(submitWithKey([task('a')], key), {
    submitTasksWithKey: null,
    findSubmission: { bodyHash: Buffer.from('other'), tasks: [accepted('a')] },
  })
  expect(result).toBe('key_reused')
})

test('only a confirmed ticket is marked', () => {
  const sent = { lane: 'normal' as const, ticket: { taskId: 'a', number: 1 } }
  expect(playFlow(noteOutcome(sent, 'confirmed')).told).toEqual([
    'submit.confirmed',
    'markLater',
    'ticket.confirmed',
  ])
  expect(playFlow(noteOutcome(sent, 'returned')).told).toEqual(['noteReturned', 'ticket.returned'])
  expect(playFlow(noteOutcome(sent, 'unknown')).told).toEqual(['ticket.unknown'])
})
