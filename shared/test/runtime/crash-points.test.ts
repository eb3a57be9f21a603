import { expect, test } from '@jest/globals'
import { startFixture } from './start-fixture.ts'

test('an armed process is killed at its crash point', async () => {
  const fixture = startFixture('crash.ts', 'claim.committed')
  expect(await fixture.ended).toEqual({ code: null, signal: 'SIGKILL' })
  expect(fixture.output()).toBe('received 1\n')
})

test('an armed process is killed the time it was told', async () => {
  const fixture = startFixture('crash.ts', 'claim.committed:2')
  expect(await fixture.ended).toEqual({ code: null, signal: 'SIGKILL' })
  expect(fixture.output()).toBe('received 1\ncommitted 1\nreceived 2\n')
})

test('a process without a crash point to die at reaches them all', async () => {
  const fixture = startFixture('crash.ts')
  expect(await fixture.ended).toEqual({ code: 0, signal: null })
  expect(fixture.output()).toContain('committed 2')
})
