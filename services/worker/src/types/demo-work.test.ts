import { expect, test } from '@jest/globals'
import type { HandlerContext, TaskProgress } from '@redrive/shared/task'
import { demoWork } from './demo-work.ts'

function work(input: unknown, signal: AbortSignal = new AbortController().signal) {
  const reports: TaskProgress[] = []
  const context = { attempt: 1, signal, reportProgress: (report: TaskProgress) => reports.push(report) }
  const done = demoWork.handler(demoWork.input.parse(input) as never, context as unknown as HandlerContext)
  return { done, reports }
}

test('it sleeps for as long as it was told, and reports how far it is', async () => {
  const { done, reports } = work({ durationMs: 120 })

  expect(await done).toEqual({ sleptMs: 120, attempt: 1 })
  expect(reports).toEqual([50, 100, 120].map((step) => ({ done: step, total: 120 })))
})

test('a rate of 1 fails always, and of 0 never', async () => {
  await expect(work({ durationMs: 0, failureRate: 1 }).done).rejects.toThrow('fails on request')
  await expect(work({ durationMs: 0 }).done).resolves.toEqual({ sleptMs: 0, attempt: 1 })
})

test('it stops sleeping when it is told to', async () => {
  const abort = new AbortController()
  const { done } = work({ durationMs: 3_600_000 }, abort.signal)
  abort.abort()

  await expect(done).rejects.toThrow('abort')
})

test.each([
  { durationMs: -1 },
  { durationMs: 3_600_001 },
  { failureRate: 1.1 },
  { crash: 'yes' },
  { extra: 1 },
])('%j is refused', (input) => {
  expect(demoWork.input.safeParse(input).success).toBe(false)
})
