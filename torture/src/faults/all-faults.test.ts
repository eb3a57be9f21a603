import { expect, test } from '@jest/globals'
import type { Fault, Stage } from '../stage.ts'
import { ALL_FAULTS, missingFor } from './all-faults.ts'

const lone = { rabbitmq: { cluster: null } } as unknown as Stage

test('every fault has a name of its own, in small letters, and says what it does', () => {
  const names = ALL_FAULTS.map(({ name }) => name)
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  expect(names.filter((name) => !/^[a-z]+(-[a-z]+)*$/.test(name))).toEqual([])
  expect(ALL_FAULTS.filter(({ meaning }) => meaning.length < 20)).toEqual([])
})

test('what a stage lacks for a fault is named', () => {
  const missing = (needs?: Fault['needs']) => {
    const fault = { name: 'any', meaning: 'any', inject: () => Promise.resolve() }
    return missingFor(needs === undefined ? fault : { ...fault, needs }, lone)
  }
  expect(missing()).toBeNull()
  expect(missing('cluster')).toBe('a cluster')
})
