import { expect, test } from '@jest/globals'
import { startFixture } from './start-fixture.ts'

test('a process that was asked to stop, stops and exits with 0', async () => {
  const fixture = startFixture('stop-slowly.ts', 'stops')
  await fixture.says('listening')
  fixture.child.kill('SIGTERM')
  expect(await fixture.ended).toEqual({ code: 0, signal: null })
})

test('a process that cannot stop cleanly exits with 1 and says why', async () => {
  const fixture = startFixture('stop-slowly.ts', 'fails')
  await fixture.says('listening')
  fixture.child.kill('SIGINT')
  expect(await fixture.ended).toEqual({ code: 1, signal: null })
  expect(fixture.output()).toContain('could not give it back')
})

test('a process that hangs ends with its grace', async () => {
  const fixture = startFixture('stop-slowly.ts', 'hangs', '50')
  await fixture.says('listening')
  fixture.child.kill('SIGTERM')
  expect(await fixture.ended).toEqual({ code: 1, signal: null })
  expect(fixture.output()).toContain('the grace of 50 ms (SHUTDOWN_GRACE_MS) is over')
})

test('a signal that comes twice within a second counts once, a later one ends the process', async () => {
  const fixture = startFixture('stop-slowly.ts', 'hangs')
  await fixture.says('listening')
  const sending = setInterval(() => fixture.child.kill('SIGINT'), 100)
  const startedAtMs = performance.now()
  const ended = await fixture.ended
  clearInterval(sending)
  expect(ended).toEqual({ code: 1, signal: null })
  expect(performance.now() - startedAtMs).toBeGreaterThan(900)
  expect(fixture.output().match(/was asked to stop/g)).toHaveLength(1)
  expect(fixture.output()).toContain('a second SIGINT')
})
