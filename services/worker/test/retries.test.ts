import { beforeAll, describe, expect, test } from '@jest/globals'
import { ERROR_QUEUE, laneQueue } from '@redrive/shared/broker'
import { MAX_DELAY_MS } from '@redrive/shared/task'
import { type SpawnedService, waitFor } from '@redrive/shared/testing'
import { sql } from 'kysely'
import { SideLog } from './side-log.ts'
import { openStage, type Stage } from './stage.ts'

let stage: Stage
let worker: SpawnedService

beforeAll(async () => {
  stage = await openStage()
  worker = await stage.startReadyWorker()
}, 60_000)

const inMs = (ms: number): Date => new Date(Date.now() + ms)

/** How long after the end of its latest attempt the task is due, by the ledger's clock. */
async function delayAfter(taskId: string): Promise<number> {
  const { rows } = await sql<{ ms: number }>`
    select round(extract(epoch from o.due_at - max(a.ended_at)) * 1000)::float8 as ms
    from open_tasks o join attempts a on a.task_id = o.task_id where o.task_id = ${taskId} group by o.due_at`.execute(
    stage.database.db,
  )
  return rows[0]!.ms
}

/** Lets time pass for a task, so that it need not be waited for. */
async function makeOlder(taskId: string, ms: number): Promise<void> {
  await sql`update open_tasks set due_at = due_at - ${ms} * interval '1 millisecond',
    life_began_at = life_began_at - ${ms} * interval '1 millisecond' where task_id = ${taskId}`.execute(
    stage.database.db,
  )
}

async function lastDecision(taskId: string): Promise<string | null> {
  return (await stage.attempts(taskId)).at(-1)!.decision
}

describe('a retry policy', () => {
  test('with a list gives its delays in order, and the last again', async () => {
    const taskId = await stage.submitAndRelease({ type: 'retries.listed', maxAttempts: 5 })
    const delays: number[] = []
    for (let number = 2; number <= 5; number += 1) {
      await stage.returned(taskId, number)
      delays.push(await delayAfter(taskId))
      await makeOlder(taskId, 3_600_000)
      await stage.release(taskId)
    }
    expect(delays).toEqual([0, 60_000, 3_600_000, 3_600_000])
    expect(await stage.ended(taskId)).toMatchObject({ state: 'failed', charged_attempts: 5 })
    expect((await stage.attempts(taskId)).map(({ decision }) => decision)).toEqual([
      'Another attempt follows in 0 ms; 4 of 5 are left.',
      'Another attempt follows in 1 min; 3 of 5 are left.',
      'Another attempt follows in 1 h; 2 of 5 are left.',
      'Another attempt follows in 1 h; 1 of 5 is left.',
      'All 5 attempts are used up.',
    ])
  })

  test('of a task goes before that of its type, field by field', async () => {
    const retry = { strategy: 'linear', baseDelayMs: 7_000, jitter: 'none' } as const
    const taskId = await stage.submitAndRelease({ type: 'retries.listed', maxAttempts: 9, retry })
    await stage.returned(taskId, 2)
    expect(await delayAfter(taskId)).toBe(7_000)
    await makeOlder(taskId, 7_000)
    await stage.release(taskId)
    await stage.returned(taskId, 3)
    expect(await delayAfter(taskId)).toBe(14_000)
  })

  test('counts failures: what was put off or lost before makes no delay longer', async () => {
    const taskId = await stage.submitAndRelease({
      type: 'retries.reluctant',
      input: { putsOff: 2 },
      maxAttempts: 3,
    })
    for (const number of [2, 3]) {
      await stage.returned(taskId, number)
      await makeOlder(taskId, 60_000)
      await stage.release(taskId)
    }
    await stage.returned(taskId, 4)
    expect(await delayAfter(taskId)).toBe(60_000)
    expect((await stage.attempts(taskId)).map(({ outcome }) => outcome)).toEqual([
      'run_later',
      'run_later',
      'failed',
    ])
    await makeOlder(taskId, 60_000)
    await stage.release(taskId)
    await stage.returned(taskId, 5)
    expect(await delayAfter(taskId)).toBe(3_600_000)
  })

  test('with a greatest age plans no attempt beyond it, and the life of a task counts, not the attempt', async () => {
    const taskId = await stage.submitAndRelease({ type: 'retries.aging', maxAttempts: 9 })
    await stage.returned(taskId, 2)
    await makeOlder(taskId, 40_000)
    await stage.release(taskId)
    expect(await stage.ended(taskId)).toMatchObject({
      state: 'failed',
      charged_attempts: 2,
      error: { message: 'attempt 2 fails' },
    })
    expect(await stage.deadLetters(taskId)).toMatchObject([{ reason: 'max_age_reached' }])
    expect(await lastDecision(taskId)).toMatch(
      /^Another attempt would follow in 40 s, but the life of the task began \d+(\.\d+)? s ago, and its retry policy plans no attempt later than 1 min after that\.$/,
    )
  })

  test('of a task may lift the greatest age of its type', async () => {
    const retry = { maxAgeMs: null, baseDelayMs: 90_000 }
    const taskId = await stage.submitAndRelease({ type: 'retries.aging', maxAttempts: 2, retry })
    await stage.returned(taskId, 2)
    expect(await delayAfter(taskId)).toBe(90_000)
  })
})

describe('RetryAfter', () => {
  test.each(['RetryAfter', 'date', 'copy'])('as %s is charged, and its delay is kept', async (how) => {
    const input = { how, delayMs: 120_000 }
    const taskId = await stage.submitAndRelease({ type: 'retries.asking', input, maxAttempts: 3 })
    expect(await stage.returned(taskId, 2)).toMatchObject({ charged_attempts: 1, return_reason: null })
    const delayMs = await delayAfter(taskId)
    // A date is turned into a delay when the error is made, and that takes its time until it is written.
    expect(Math.abs(delayMs - 120_000)).toBeLessThan(how === 'date' ? 5_000 : 1)
    const [attempt] = await stage.attempts(taskId)
    expect(attempt).toMatchObject({ outcome: 'failed', is_charged: true, error: { type: 'RetryAfter' } })
    expect(attempt!.decision).toBe('Another attempt follows in 2 min, as the error asked; 2 of 3 are left.')
  })

  test('keeps its cause, and stands for the policy’s delay however short or long that is', async () => {
    const input = { how: 'RetryAfter', delayMs: 1 }
    const retry = { strategy: 'fixed', baseDelayMs: 3_600_000 } as const
    const taskId = await stage.submitAndRelease({ type: 'retries.asking', input, maxAttempts: 3, retry })
    await stage.returned(taskId, 2)
    expect(await delayAfter(taskId)).toBe(1)
    expect((await stage.attempts(taskId))[0]).toMatchObject({
      error: {
        message: 'the other side is busy',
        cause: { type: 'Error', message: 'the other side answered 429' },
      },
    })
  })

  test('is bounded by the longest delay of all', async () => {
    const input = { how: 'RetryAfter', delayMs: 1e300 }
    const taskId = await stage.submitAndRelease({ type: 'retries.asking', input, maxAttempts: 3 })
    await stage.returned(taskId, 2)
    expect(await delayAfter(taskId)).toBe(MAX_DELAY_MS)
  })

  test('with the last attempt fails its task', async () => {
    const input = { how: 'RetryAfter', delayMs: 1 }
    const taskId = await stage.submitAndRelease({ type: 'retries.asking', input, maxAttempts: 1 })
    expect(await stage.ended(taskId)).toMatchObject({ state: 'failed', error: { type: 'RetryAfter' } })
    expect(await stage.deadLetters(taskId)).toMatchObject([{ reason: 'attempts_exhausted' }])
  })

  test('without a delay that can be used is an error like any other', async () => {
    const input = { how: 'broken', delayMs: 1 }
    const retry = { strategy: 'fixed', baseDelayMs: 5_000 } as const
    const taskId = await stage.submitAndRelease({ type: 'retries.asking', input, maxAttempts: 3, retry })
    await stage.returned(taskId, 2)
    expect(await delayAfter(taskId)).toBe(5_000)
  })
})

describe('a deadline', () => {
  test.each([
    ['an error', { how: 'RetryAfter', delayMs: 60_000 }, 'failed', true],
    ['a wish to run later', { how: 'RunLater', delayMs: 60_000 }, 'run_later', false],
  ])('that is too near for what %s asks fails the task, and its ticket', async (...given) => {
    const [, input, outcome, isCharged] = given
    const before = await stage.ready(ERROR_QUEUE)
    const submission = { type: 'retries.asking', input, maxAttempts: 9, expiresAt: inMs(30_000) }
    const taskId = await stage.submitAndRelease(submission)
    const task = await stage.ended(taskId)
    expect(task).toMatchObject({ state: 'failed', attempt: 1, charged_attempts: Number(isCharged) })
    expect(task.error!.message).toContain('the other side is')
    expect(await stage.attempts(taskId)).toMatchObject([{ outcome, is_charged: isCharged }])
    expect(await stage.deadLetters(taskId)).toMatchObject([{ reason: 'deadline_passed', state: 'carried' }])
    expect(await lastDecision(taskId)).toMatch(
      /asked .* in 1 min, but the deadline was only \d+(\.\d+)? s ahead\.$/,
    )
    await stage.waitForReadyMessages(ERROR_QUEUE, before + 1)
  })

  test('that is far enough lets another attempt follow', async () => {
    const input = { how: 'RetryAfter', delayMs: 20_000 }
    const taskId = await stage.submitAndRelease({
      type: 'retries.asking',
      input,
      maxAttempts: 9,
      expiresAt: inMs(600_000),
    })
    await stage.returned(taskId, 2)
    expect(await delayAfter(taskId)).toBe(20_000)
  })

  test('that passes while the attempt runs lets it go on, and succeed', async () => {
    const log = new SideLog()
    const input = { durationMs: 3_500, log: log.file }
    const expiresAt = inMs(3_000)
    const taskId = await stage.submitAndRelease({ type: 'test.sleeping', input, expiresAt })
    const task = await stage.ended(taskId)
    expect(task).toMatchObject({ state: 'succeeded', attempt: 1 })
    expect(task.finished_at!.getTime()).toBeGreaterThan(expiresAt.getTime())
  })

  test('that passed while the attempt ran is no time for another', async () => {
    const log = new SideLog()
    const input = { durationMs: 60_000, log: log.file }
    const taskId = await stage.submitAndRelease({
      type: 'test.sleeping',
      input,
      timeoutMs: 3_500,
      maxAttempts: 9,
      expiresAt: inMs(3_000),
    })
    expect(await stage.ended(taskId)).toMatchObject({ state: 'failed', error: { type: 'TimeoutError' } })
    expect(await stage.attempts(taskId)).toMatchObject([{ outcome: 'timed_out', is_charged: true }])
    expect(await stage.deadLetters(taskId)).toMatchObject([{ reason: 'deadline_passed' }])
    expect(await lastDecision(taskId)).toBe(
      'The deadline had passed when the attempt ended, so no further attempt was made.',
    )
  })

  test('that has passed makes a ticket void: no handler runs, and nothing goes to the error queue', async () => {
    const [taskId = ''] = await stage.submit([
      { type: 'math.add', input: { a: 1, b: 2 }, expiresAt: inMs(-1) },
    ])
    const before = await stage.ready(ERROR_QUEUE)
    await stage.release(taskId)
    const isDropped = (line: Record<string, unknown>): boolean =>
      line['event'] === 'ticket.void' && line['taskId'] === taskId
    const dropped = await worker.waitForLog(isDropped)
    expect(dropped['reason']).toBe('its deadline has passed; a dispatcher ends the task')
    await stage.waitForReadyMessages(laneQueue('normal'), 0)
    expect(await stage.openRow(taskId)).toMatchObject({ number: 1, attempt: 0, token: null })
    expect(await stage.ready(ERROR_QUEUE)).toBe(before)
  })

  test('goes after the handler’s own verdict', async () => {
    const input = { how: 'permanent', delayMs: 0 }
    const taskId = await stage.submitAndRelease({ type: 'retries.asking', input, expiresAt: inMs(600_000) })
    await stage.ended(taskId)
    expect(await stage.deadLetters(taskId)).toMatchObject([{ reason: 'permanent_error' }])
  })
})

test('a handler that asks to run later again and again is stopped by the greatest age', async () => {
  const retry = { maxAgeMs: 1_500 }
  const input = { how: 'RunLater', delayMs: 400 }
  const taskId = await stage.submitAndRelease({ type: 'retries.asking', input, maxAttempts: 1, retry })
  const isOver = async (): Promise<boolean> => {
    const open = await stage.findOpenRow(taskId)
    if (open !== undefined && open.token === null && open.due_at.getTime() <= Date.now())
      await stage.release(taskId)
    return open === undefined
  }
  await waitFor(isOver, 'the task to end')
  const attempts = await stage.attempts(taskId)
  expect(attempts.length).toBeGreaterThan(1)
  expect(attempts.every((one) => one.outcome === 'run_later' && !one.is_charged)).toBe(true)
  expect(await stage.task(taskId)).toMatchObject({
    state: 'failed',
    charged_attempts: 0,
    error: { type: 'RunLater', message: 'the other side is closed' },
  })
  expect(await stage.deadLetters(taskId)).toMatchObject([{ reason: 'max_age_reached' }])
})
