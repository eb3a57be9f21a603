import { expect, test } from '@jest/globals'
import { CRASH_POINTS, parseCrashAt } from './crash-points.ts'

test('CRASH_AT names a point, with or without the time it is reached', () => {
  expect(parseCrashAt('claim.committed')).toEqual({ point: 'claim.committed', occurrence: 1 })
  expect(parseCrashAt('claim.committed:3')).toEqual({ point: 'claim.committed', occurrence: 3 })
})

test('anything else is no crash point', () => {
  for (const wrong of [
    '',
    'claim',
    'claim.committed:',
    'claim.committed:0',
    'claim.committed:1:2',
    'toString',
  ]) {
    expect(parseCrashAt(wrong)).toBeNull()
  }
})

test('every crash point says what is true then and who repairs it', () => {
  for (const { trueThen, repairedBy } of Object.values(CRASH_POINTS)) {
    expect(trueThen).toMatch(/\.$/)
    expect(repairedBy).toMatch(/\.$/)
  }
})
