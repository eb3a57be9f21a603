import { expect, jest, test } from '@jest/globals'
import { newId } from './new-id.ts'

test('ids of one process sort in the order they were made', () => {
  const ids = Array.from({ length: 100_000 }, newId)
  expect(ids).toEqual([...new Set(ids)].sort())
})

test('an id is a UUID of version 7 that begins with its time', () => {
  const before = Date.now()
  const ids = Array.from({ length: 1_000 }, newId)
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const madeAt = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)
    expect(Math.abs(madeAt - before)).toBeLessThan(10_000)
  }
})

test('a clock that goes back takes no id with it', () => {
  const before = newId()
  const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000)
  const after = newId()
  clock.mockRestore()
  expect(after > before).toBe(true)
})
