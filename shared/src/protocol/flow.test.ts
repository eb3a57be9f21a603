import { expect, test } from '@jest/globals'
import { type Flow, runFlow, runFlowNow } from './flow.ts'

function* addTwice(): Flow<'one' | 'two', number> {
  const one = (yield 'one') as number
  const two = (yield 'two') as number
  return one + two
}

test('a flow is resumed with the answer of each effect, late or at once', async () => {
  expect(await runFlow(addTwice(), (effect) => (effect === 'one' ? Promise.resolve(1) : 2))).toBe(3)
  expect(runFlowNow(addTwice(), (effect) => (effect === 'one' ? 1 : 2))).toBe(3)
})

test('effects that are answered at once cost no turn of the event loop', () => {
  const performed: string[] = []
  void runFlow(addTwice(), (effect) => performed.push(effect))
  expect(performed).toEqual(['one', 'two'])
})

test('an effect that fails ends the flow, and none follows it', async () => {
  const performed: string[] = []
  const running = runFlow(addTwice(), (effect) => {
    performed.push(effect)
    return Promise.reject(new Error('gone'))
  })
  await expect(running).rejects.toThrow('gone')
  expect(performed).toEqual(['one'])
})

test('a flow may catch what its effect failed with, and go on', async () => {
  function* insist(): Flow<string, string> {
    try {
      yield 'first'
    } catch {
      yield 'second'
    }
    return 'done'
  }
  const perform = (effect: string): void => {
    if (effect === 'first') throw new Error('refused')
  }
  expect(await runFlow(insist(), perform)).toBe('done')
})
