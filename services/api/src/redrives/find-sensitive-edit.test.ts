import { expect, test } from '@jest/globals'
import { findSensitiveEdit } from './find-sensitive-edit.ts'

const SENSITIVE = ['card.number', 'patients.*.name']

test.each([
  ['a sensitive field', { card: { number: '4111' } }, 'card.number'],
  ['the mask itself', { card: { number: '[masked]' } }, 'card.number'],
  ['an element of a list', { patients: [{ age: 3 }, { name: 'Ada' }] }, 'patients.1.name'],
  ['a whole object in its place', { card: { number: { digits: '4111' } } }, 'card.number'],
  ['a field beside it', { card: { holder: 'Ada' }, amount: 3 }, null],
  ['nothing but the removal of one', { card: { number: null } }, null],
  ['nothing', {}, null],
])('a patch that writes %s', (_, patch, expected) => {
  expect(findSensitiveEdit(patch, SENSITIVE)).toBe(expected)
})
