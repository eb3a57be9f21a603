import { expect, test } from '@jest/globals'
import { ProcessSlots } from './process-slots.ts'

const never = new AbortController().signal

test('whoever comes first is served first, when a slot is left', async () => {
  const slots = new ProcessSlots(1)
  const served: string[] = []
  expect(await slots.enter(never)).toBe(true)
  const waiting = ['one', 'two'].map(async (name) => {
    await slots.enter(never)
    served.push(name)
    slots.leave()
  })
  expect(slots).toMatchObject({ taken: 1, waiting: 2 })
  slots.leave()
  await Promise.all(waiting)

  expect(served).toEqual(['one', 'two'])
  expect(slots).toMatchObject({ taken: 0, waiting: 0 })
})

test('whoever gives up leaves the line and takes no slot', async () => {
  const slots = new ProcessSlots(1)
  await slots.enter(never)
  const impatient = new AbortController()
  const waiting = slots.enter(impatient.signal)
  impatient.abort()
  expect(await waiting).toBe(false)
  slots.leave()

  expect(slots).toMatchObject({ taken: 0, waiting: 0 })
  expect(await slots.enter(impatient.signal)).toBe(false)
})

test('a closed line sends everybody away', async () => {
  const slots = new ProcessSlots(1)
  await slots.enter(never)
  const waiting = slots.enter(never)
  slots.close()

  expect(await waiting).toBe(false)
  expect(await slots.enter(never)).toBe(false)
})
