import { expect, test } from '@jest/globals'
import { ByteRoom } from './byte-room.ts'

function postponing(room: ByteRoom) {
  const returned: string[] = []
  return { returned, take: (name: string, bytes: number) => room.take(bytes, () => returned.push(name)) }
}

test('what does not fit is postponed, and given back in order as far as there is room', () => {
  const room = new ByteRoom(100)
  const { returned, take } = postponing(room)
  expect([take('a', 60), take('b', 40), take('c', 30), take('d', 30), take('e', 30)]).toEqual([
    true,
    true,
    false,
    false,
    false,
  ])
  room.free(60)
  expect(returned).toEqual(['c', 'd'])
  room.free(40)
  expect(returned).toEqual(['c', 'd', 'e'])
  expect(room.postponed).toBe(0)
})

test('one that is larger than the room is taken alone', () => {
  const room = new ByteRoom(100)
  const { returned, take } = postponing(room)
  take('small', 10)
  expect(take('huge', 500)).toBe(false)
  room.free(10)
  expect(returned).toEqual(['huge'])
  expect(take('huge', 500)).toBe(true)
})

test('what was postponed on a lost channel is not given back, and closing gives all back', () => {
  const room = new ByteRoom(100)
  const { returned, take } = postponing(room)
  take('a', 100)
  take('b', 10)
  room.forgetPostponed()
  take('c', 10)
  room.close()
  expect(returned).toEqual(['c'])
})
