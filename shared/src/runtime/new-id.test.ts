import { expect, test } from '@jest/globals'
import { newId } from './new-id.ts'

test('ids of one process sort in the order they were made', () => {
  const ids = Array.from({ length: 10_000 }, newId)
  expect(ids).toEqual([...new Set(ids)].sort())
})
