import { expect, test } from '@jest/globals'
import { findSensitiveConditions } from './find-sensitive-conditions.ts'

const types = [
  { name: 'cards.charge', sensitive: ['card.number'] },
  { name: 'patients.admit', sensitive: ['patients.*.name'] },
]
const input = [{ path: ['card', 'number'], anyOf: ['4111'] }]

test('a condition on a sensitive field is a fault that names the field and the type', () => {
  expect(findSensitiveConditions({ input }, types)).toEqual([
    {
      field: 'input.card.number',
      message:
        'is sensitive in the type cards.charge, so it cannot be searched for; leave it out, or choose other types',
    },
  ])
  expect(
    findSensitiveConditions({ input: [{ path: ['patients', 0, 'name'], noneOf: ['Ada'] }] }, types),
  ).toHaveLength(1)
})

test('it is none for other fields, and for types that the filter leaves out', () => {
  expect(findSensitiveConditions({ input: [{ path: ['country'], anyOf: ['CH'] }] }, types)).toEqual([])
  expect(findSensitiveConditions({ input, type: { anyOf: ['patients.admit'] } }, types)).toEqual([])
  expect(findSensitiveConditions({ input, type: { noneOf: ['cards.charge'] } }, types)).toEqual([])
  expect(findSensitiveConditions({ input, type: { noneOf: ['patients.admit'] } }, types)).toHaveLength(1)
  expect(findSensitiveConditions({}, types)).toEqual([])
})
