import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { v7 } from 'uuid'
import { idAfter, idUntil } from './id-bound.ts'

const instant = fc.date({
  min: new Date('1971-01-01T00:00:00Z'),
  max: new Date('9999-01-01T00:00:00Z'),
  noInvalidDate: true,
})

test('the ids of a time, and of nine minutes around it, are between its bounds', () => {
  fc.assert(
    fc.property(instant, fc.integer({ min: -540_000, max: 540_000 }), (at, apartMs) => {
      const id = v7({ msecs: at.getTime() + apartMs })
      expect(idUntil(at.toISOString()) < id).toBe(true)
      expect(id < idAfter(at.toISOString())).toBe(true)
    }),
  )
})

test('a time before there were ids has the first of them', () => {
  expect(idUntil('0001-01-01T00:00:00.000Z')).toBe('00000000-0000-7000-8000-000000000000')
})
