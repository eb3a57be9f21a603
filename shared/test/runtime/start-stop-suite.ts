import { expect, test } from '@jest/globals'

interface Startable {
  start(): unknown
  stop(): Promise<void>
}

/** What everything with `start` and `stop` promises. `create` makes a fresh one that works without further setting up. */
export function startStopSuite(create: () => Startable): void {
  test('stopping before a start does nothing', async () => {
    await expect(create().stop()).resolves.toBeUndefined()
  })

  test('starting twice is starting once', async () => {
    const startable = create()
    await startable.start()
    await startable.start()
    await expect(startable.stop()).resolves.toBeUndefined()
  })

  test('stopping twice, also at the same time, is stopping once', async () => {
    const startable = create()
    await startable.start()
    await expect(Promise.all([startable.stop(), startable.stop()])).resolves.toBeDefined()
    await expect(startable.stop()).resolves.toBeUndefined()
  })

  test('what was stopped can be started again', async () => {
    const startable = create()
    await startable.start()
    await startable.stop()
    await startable.start()
    await expect(startable.stop()).resolves.toBeUndefined()
  })

  test('a stop right after a start leaves nothing running', async () => {
    const startable = create()
    const started = startable.start()
    await startable.stop()
    await started
    await expect(startable.stop()).resolves.toBeUndefined()
  })
}
