import { expect, test } from '@jest/globals'
import { ERROR_QUEUE } from '@redrive/shared/broker'
import { waitFor } from '@redrive/shared/testing'
import { createDispatcherFixture } from './dispatcher-fixture.ts'

const MIB = 1_048_576
/** Together a good deal more than the recorder holds; each as large as the management API takes. */
const COUNT = 44

test('more large messages in the error queue than are held at once are all kept, each once, in bounded memory', async () => {
  const fixture = await createDispatcherFixture()
  await (await fixture.startDispatcher()).stop()
  for (let index = 0; index < COUNT; index += 1) {
    const body = Buffer.alloc(2 * MIB, `${index}.`)
    await fixture.publishStraight(body, { exchange: 'amq.default', routingKey: ERROR_QUEUE })
  }
  const dispatcher = await fixture.startDispatcher()
  const countKept = async (): Promise<number> =>
    (await fixture.db.selectFrom('dead_letters').select('id').where('reason', '=', 'not_a_ticket').execute())
      .length
  await waitFor(async () => (await countKept()) === COUNT, 'every message to be kept', {
    deadlineMs: 120_000,
  })
  await waitFor(
    async () => {
      const queue = await fixture.vhost.manage('GET', `/queues/${fixture.vhost.vhost}/${ERROR_QUEUE}`)
      return (queue as { messages?: number }).messages === 0
    },
    'the error queue to be empty',
    { deadlineMs: 60_000 },
  )
  expect(await countKept()).toBe(COUNT)
  const { operationsUrl } = await dispatcher.waitForReady()
  const metrics = await (await fetch(`${operationsUrl}/metrics`)).text()
  const resident = Number(/^process_resident_memory_bytes\S* (\S+)/m.exec(metrics)?.[1])
  expect(resident).toBeLessThan(900 * MIB)
}, 300_000)
