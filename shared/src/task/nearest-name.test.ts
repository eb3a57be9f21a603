import { expect, test } from '@jest/globals'
import { nearestName } from './nearest-name.ts'

test('counts a change, an addition, an omission and a swap as one each', () => {
  for (const wrong of ['PIRT', 'PORTS', 'POT', 'PROT']) {
    expect(nearestName(wrong, ['HOST', 'PORT'])).toEqual({ name: 'PORT', distance: 1 })
  }
})

test('finds a name itself at distance zero, and nothing among no names', () => {
  expect(nearestName('PORT', ['PORT'])).toEqual({ name: 'PORT', distance: 0 })
  expect(nearestName('PORT', [])).toBeNull()
})
