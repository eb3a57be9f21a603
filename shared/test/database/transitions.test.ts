import { expect, test } from '@jest/globals'
import * as database from '@redrive/shared/database'
import { TASK_STATES, TRANSITIONS } from '@redrive/shared/task'

test('every documented move names a statement that exists, and every state is reached', () => {
  const statements = TRANSITIONS.map((transition) => transition.statement).filter((name) => name !== '')
  expect(statements.filter((name) => typeof Reflect.get(database, name) !== 'function')).toEqual([])
  const reached = new Set<string>(TRANSITIONS.map((transition) => transition.to))
  expect(TASK_STATES.filter((state) => !reached.has(state))).toEqual([])
})
