import { expect, test } from '@jest/globals'
import { startFixture } from './start-fixture.ts'

test('a service that cannot start says why in one line and exits with 1', async () => {
  const fixture = startFixture('fail-to-start.ts')
  expect(await fixture.ended).toEqual({ code: 1, signal: null })
  const lines = fixture.output().trim().split('\n')
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'fatal',
    service: 'api',
    error: { message: expect.stringMatching(/3 settings.*ADMIN_API_KEY.*AMQP_URL.*DATABASE_URL/s) },
  })
})
