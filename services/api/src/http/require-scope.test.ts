import { expect, test } from '@jest/globals'
import { requireScope } from './require-scope.ts'
import { SCOPES } from './scope.ts'

test('a caller with the scope passes, and one without is refused with its name', () => {
  expect(() => requireScope({ scopes: SCOPES }, 'inputs:reveal', 'To see it')).not.toThrow()
  const without = { scopes: SCOPES.filter((scope) => scope !== 'inputs:reveal') }
  expect(() => requireScope(without, 'inputs:reveal', 'To see it')).toThrow(
    'To see it needs the scope "inputs:reveal"',
  )
})
