import { expect, test } from '@jest/globals'
import { unknownTaskType } from './unknown-task-type.ts'

test('an unknown task type is answered with the known ones and the nearest', () => {
  const problem = unknownTaskType('math.ad', ['demo.work', 'math.add'])
  expect(problem.message).toBe(
    'The task type "math.ad" is not known. Did you mean "math.add"? Known types: demo.work, math.add.',
  )
  expect(problem.extensions).toEqual({ knownTypes: ['demo.work', 'math.add'] })
})

test('nothing is guessed where nothing is near', () => {
  expect(unknownTaskType('invoices.send', ['math.add']).message).not.toContain('Did you mean')
})

test('without any type it says that no worker has come yet', () => {
  expect(unknownTaskType('math.add', []).message).toContain('no worker has registered any type')
})
