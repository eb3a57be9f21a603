import { expect, test } from '@jest/globals'
import { chooseTenants } from './choose-tenants.ts'

const visible = ['acme', 'beta', 'gamma'].map((name) => ({ id: `id of ${name}`, name }))

test('without a condition, all that are visible are chosen', () => {
  expect(chooseTenants(undefined, visible)).toEqual({ ids: ['id of acme', 'id of beta', 'id of gamma'] })
})

test('any of some and none of some choose by name', () => {
  expect(chooseTenants({ anyOf: ['beta'] }, visible)).toEqual({ ids: ['id of beta'] })
  expect(chooseTenants({ noneOf: ['beta'] }, visible)).toEqual({ ids: ['id of acme', 'id of gamma'] })
})

test('a name that is not visible is a fault that offers the nearest', () => {
  expect(chooseTenants({ anyOf: ['acne'] }, visible)).toEqual({
    fault: '"acne" is no tenant that you see; did you mean "acme"?',
  })
  expect(chooseTenants({ noneOf: ['something else'] }, visible)).toEqual({
    fault: '"something else" is no tenant that you see',
  })
})
