import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { MicroBatcher } from './micro-batcher.ts'

class ItemFault extends Error {}

const isItemFault = (error: unknown): boolean => error instanceof ItemFault

/** A run whose batches stay in flight until the test lets them end. */
function heldRun() {
  const batches: { items: readonly number[]; end(): void }[] = []
  const run = (items: readonly number[]): Promise<number[]> => {
    const { promise, resolve } = Promise.withResolvers<number[]>()
    batches.push({ items, end: () => resolve(items.map((item) => item * 10)) })
    return promise
  }
  return { batches, run }
}

test('items added in one go share a batch, and those added meanwhile share the next', async () => {
  const { batches, run } = heldRun()
  const batcher = new MicroBatcher({ maxSize: 100, run })
  const first = [batcher.add(1), batcher.add(2)]
  await Promise.resolve()
  const second = [batcher.add(3), batcher.add(4)]
  await Promise.resolve()
  expect(batches.map(({ items }) => items)).toEqual([[1, 2]])

  batches[0]!.end()
  expect(await Promise.all(first)).toEqual([10, 20])
  batches[1]!.end()
  expect(await Promise.all(second)).toEqual([30, 40])
})

test('a second batch goes beside the first only when it is full', async () => {
  const { batches, run } = heldRun()
  const batcher = new MicroBatcher({ maxSize: 2, maxInFlight: 2, run })
  const first = batcher.add(1)
  await Promise.resolve()
  const second = batcher.add(2)
  await Promise.resolve()
  expect(batches).toHaveLength(1)

  const third = batcher.add(3)
  await Promise.resolve()
  expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3]])
  for (const batch of batches) batch.end()
  expect(await Promise.all([first, second, third])).toEqual([10, 20, 30])
})

test('a failure that is no fault of an item rejects the whole batch and hurts no other', async () => {
  let failures = 1
  const run = async (items: readonly number[]) => {
    if (failures-- > 0) throw new Error('database gone')
    return items
  }
  const batcher = new MicroBatcher({ maxSize: 10, run, isItemFault })
  const outcomes = await Promise.allSettled([batcher.add(1), batcher.add(2)])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await batcher.add(3)).toBe(3)
})

test('a run that returns too few results rejects its batch', async () => {
  const batcher = new MicroBatcher<number, number>({ maxSize: 10, run: async () => [1] })
  const outcomes = await Promise.allSettled([batcher.add(1), batcher.add(2)])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})

test('stopping waits for what was added and takes nothing more', async () => {
  const { batches, run } = heldRun()
  const batcher = new MicroBatcher({ maxSize: 1, run })
  const added = [batcher.add(1), batcher.add(2)]
  const stopped = Promise.all([batcher.stop(), batcher.stop()])
  await expect(batcher.add(3)).rejects.toThrow('stopped')

  await Promise.resolve()
  batches[0]!.end()
  await added[0]
  await Promise.resolve()
  batches[1]!.end()
  await stopped
  expect(await Promise.all(added)).toEqual([10, 20])
})

test('a batcher that was never used stops at once', async () => {
  await expect(
    new MicroBatcher({ maxSize: 1, run: async (items: readonly number[]) => items }).stop(),
  ).resolves.toBeUndefined()
})

test('whatever the sizes and culprits, every item gets exactly its own outcome within the limits', async () => {
  const scenario = fc.record({
    bursts: fc.array(fc.array(fc.record({ isCulprit: fc.boolean() }), { maxLength: 12 }), { maxLength: 8 }),
    maxSize: fc.integer({ min: 1, max: 7 }),
    maxInFlight: fc.integer({ min: 1, max: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(scenario, fc.scheduler(), async ({ bursts, maxSize, maxInFlight }, scheduler) => {
      let inFlight = 0
      let mostInFlight = 0
      let largest = 0
      const finished: number[] = []
      const culprits = new Set<number>()
      const query = scheduler.scheduleFunction(async (items: readonly number[]) => {
        if (items.some((item) => culprits.has(item))) throw new ItemFault()
        finished.push(...items)
        return items.map((item) => `result of ${item}`)
      })
      const run = async (items: readonly number[]) => {
        inFlight += 1
        mostInFlight = Math.max(mostInFlight, inFlight)
        largest = Math.max(largest, items.length)
        return query(items).finally(() => (inFlight -= 1))
      }
      const batcher = new MicroBatcher({ maxSize, maxInFlight, run, isItemFault })
      const added: Promise<string>[] = []
      const addBurst = scheduler.scheduleFunction(async (burst: readonly { isCulprit: boolean }[]) => {
        for (const { isCulprit } of burst) {
          if (isCulprit) culprits.add(added.length)
          added.push(batcher.add(added.length))
        }
      })
      const allAdded = Promise.all(bursts.map((burst) => addBurst(burst)))
      await scheduler.waitFor(allAdded)
      const outcomes = await scheduler.waitFor(Promise.allSettled(added))
      await scheduler.waitFor(batcher.stop())

      outcomes.forEach((outcome, item) =>
        expect(outcome).toMatchObject(
          culprits.has(item) ? { status: 'rejected' } : { status: 'fulfilled', value: `result of ${item}` },
        ),
      )
      expect(finished.length).toBe(new Set(finished).size)
      expect(mostInFlight).toBeLessThanOrEqual(maxInFlight)
      expect(largest).toBeLessThanOrEqual(maxSize)
    }),
  )
})
