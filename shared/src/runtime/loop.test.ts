import { describe, expect, test } from '@jest/globals'
import { startStopSuite } from '../../test/runtime/start-stop-suite.ts'
import { createLogger } from './create-logger.ts'
import { Loop } from './loop.ts'

const HOUR_MS = 3_600_000

function collectLines() {
  const lines: { level: string; message: string; error?: { message: string } }[] = []
  const logger = createLogger({
    service: 'dispatcher',
    level: 'info',
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  })
  return { lines, logger }
}

/** A step that does what the script says, one entry a step, and tells when the script is at its end. */
function scripted(script: readonly ('again' | 'idle' | Error)[]) {
  const atEnd = Promise.withResolvers<void>()
  let steps = 0
  const step = async (): Promise<'again' | 'idle'> => {
    const act = script[steps++] ?? 'idle'
    if (steps === script.length) atEnd.resolve()
    if (act instanceof Error) throw act
    return act
  }
  return { step, atEnd: atEnd.promise, steps: () => steps }
}

describe('every loop', () => {
  startStopSuite(() => {
    const { logger } = collectLines()
    return new Loop({ name: 'test', intervalMs: HOUR_MS, logger, step: async () => 'idle' })
  })
})

test('a step follows at once while there may be more to do', async () => {
  const { step, atEnd } = scripted(['again', 'again', 'idle'])
  const loop = new Loop({ name: 'test', intervalMs: HOUR_MS, logger: collectLines().logger, step })
  loop.start()
  await atEnd
  await loop.stop()
})

test('an idle loop takes its next step after the interval', async () => {
  const { step, atEnd } = scripted(['idle', 'idle', 'idle'])
  const loop = new Loop({ name: 'test', intervalMs: 1, logger: collectLines().logger, step })
  loop.start()
  await atEnd
  await loop.stop()
})

test('a nudge ends the rest, also one that comes during the step', async () => {
  const third = Promise.withResolvers<void>()
  let steps = 0
  const step = async (): Promise<'idle'> => {
    steps += 1
    if (steps === 1) loop.nudge()
    if (steps === 2) setImmediate(() => loop.nudge())
    if (steps === 3) third.resolve()
    return 'idle'
  }
  const loop = new Loop({ name: 'test', intervalMs: HOUR_MS, logger: collectLines().logger, step })
  loop.start()
  await third.promise
  await loop.stop()
  expect(steps).toBe(3)
})

test('stopping aborts the signal, waits for the step and takes no other', async () => {
  const inStep = Promise.withResolvers<AbortSignal>()
  const mayEnd = Promise.withResolvers<void>()
  let ended = 0
  const step = async (signal: AbortSignal): Promise<'again'> => {
    inStep.resolve(signal)
    await mayEnd.promise
    ended += 1
    return 'again'
  }
  const loop = new Loop({ name: 'test', intervalMs: 1, logger: collectLines().logger, step })
  loop.start()
  const signal = await inStep.promise
  const stopped = loop.stop()
  expect(signal.aborted).toBe(true)
  expect(ended).toBe(0)
  mayEnd.resolve()
  await stopped
  expect(ended).toBe(1)
})

test('an error is logged once for each kind, and so is the recovery', async () => {
  const { lines, logger } = collectLines()
  const refused = () => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  const { step, atEnd } = scripted([refused(), refused(), new TypeError('odd'), 'again', 'idle'])
  const loop = new Loop({ name: 'test', intervalMs: HOUR_MS, logger, step })
  loop.start()
  await atEnd
  await loop.stop()
  expect(lines.map(({ level, error }) => [level, error?.message])).toEqual([
    ['error', 'refused'],
    ['error', 'odd'],
    ['info', undefined],
  ])
})

test('a step that throws because it was stopped is no failure', async () => {
  const { lines, logger } = collectLines()
  const inStep = Promise.withResolvers<void>()
  const step = (signal: AbortSignal): Promise<'idle'> =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error))
      inStep.resolve()
    })
  const loop = new Loop({ name: 'test', intervalMs: 1, logger, step })
  loop.start()
  await inStep.promise
  await loop.stop()
  expect(lines).toEqual([])
})
