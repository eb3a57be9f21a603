import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { cancelTask } from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID } from '@redrive/shared/task'
import { type SpawnedService, waitFor } from '@redrive/shared/testing'
import { SideLog } from './side-log.ts'
import { openStage, type Stage } from './stage.ts'

let stage: Stage
let worker: SpawnedService
let log: SideLog

beforeAll(async () => {
  stage = await openStage()
  worker = await stage.startReadyWorker({ WORKER_LANES: 'normal', WORKER_ABORT_GRACE_MS: '300' })
}, 60_000)

beforeEach(() => {
  log = new SideLog()
})

interface Wanted {
  readonly durationMs?: number
  readonly maxAttempts?: number
  readonly timeoutMs?: number
}

function submit(type: string, does: string, { durationMs = 0, ...rest }: Wanted = {}): Promise<string> {
  return stage.submitAndRelease({ type, input: { does, log: log.file, durationMs }, ...rest })
}

/** As rescue leaves a task whose worker died. */
async function submitSuspect(does: string, rest: Wanted = {}): Promise<string> {
  const input = { does, log: log.file }
  const [taskId = ''] = await stage.submit([{ type: 'test.shared', input, ...rest }])
  await stage.database.db.updateTable('open_tasks').set({ losses: 1 }).where('task_id', '=', taskId).execute()
  await stage.release(taskId)
  return taskId
}

async function began(): Promise<number> {
  await waitFor(() => log.lines().includes('began'), 'the handler to begin')
  const line = log.lines().find((one) => one.startsWith('pid ')) ?? ''
  return Number(line.slice(4))
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const untilGone = (pid: number) => waitFor(() => !isAlive(pid), `process ${pid} to be gone`)

describe('a type with a process of its own', () => {
  test('gives its result, progress and log lines as any other', async () => {
    const taskId = await submit('test.lone', 'answer')
    const task = await stage.ended(taskId)

    expect(task).toMatchObject({ state: 'succeeded', progress: { done: 1, total: 2 } })
    const { pid } = task.result as { pid: number }
    expect(pid).not.toBe(worker.pid)
    await untilGone(pid)
    await worker.waitForLog((line) => line['message'] === 'A handler speaks.' && line['taskId'] === taskId)
  })

  test('fails with the error that it threw, and its verdict counts', async () => {
    const taskId = await submit('test.lone', 'permanent', { maxAttempts: 5 })
    const { state, error } = await stage.ended(taskId)

    expect({ state, error }).toMatchObject({
      state: 'failed',
      error: { type: 'PermanentError', message: 'no attempt can help', stack: expect.any(String) },
    })
    expect((await stage.deadLetters(taskId))[0]).toMatchObject({ reason: 'permanent_error', evidence: null })
  })

  test('is killed at its timeout, though it blocks its event loop, and a neighbour is unharmed', async () => {
    const input = { does: 'sleep', log: new SideLog().file, durationMs: 3_000 }
    const neighbour = await stage.submitAndRelease({ type: 'test.shared', input })
    const taskId = await submit('test.lone', 'loop', { timeoutMs: 400 })
    const pid = await began()
    await stage.ended(taskId)

    expect(isAlive(pid)).toBe(false)
    expect((await stage.attempts(taskId))[0]).toMatchObject({
      outcome: 'timed_out',
      is_charged: true,
      error: { type: 'TimeoutError' },
      evidence: { exitCode: null, signal: 'SIGKILL' },
    })
    expect((await stage.deadLetters(taskId))[0]).toMatchObject({ reason: 'timed_out' })
    expect(await stage.ended(neighbour)).toMatchObject({ state: 'succeeded', attempt: 1 })
  })

  test('is told of its timeout, and what it makes of it counts', async () => {
    const taskId = await submit('test.lone', 'sleep', { durationMs: 60_000, timeoutMs: 400 })
    await stage.ended(taskId)

    expect(log.lines()).toContain('aborted: TimeoutError')
    expect((await stage.attempts(taskId))[0]).toMatchObject({ outcome: 'timed_out', evidence: null })
  })

  test('is killed above its memory limit, and says so', async () => {
    const taskId = await submit('test.lone', 'grow')
    const { error } = await stage.ended(taskId)

    expect(error).toMatchObject({ type: 'ProcessCrashed', code: 'MEMORY_LIMIT' })
    const [letter] = await stage.deadLetters(taskId)
    expect(letter).toMatchObject({ reason: 'crashed', evidence: { signal: 'SIGKILL' } })
    expect(letter?.evidence?.memoryPeakBytes).toBeGreaterThan(200_000_000)
  })

  test('has its crashes charged and retried by policy, with their evidence', async () => {
    const taskId = await submit('test.lone', 'exit', { maxAttempts: 2 })
    await stage.returned(taskId, 2)
    expect((await stage.attempts(taskId))[0]).toMatchObject({
      outcome: 'failed',
      is_charged: true,
      error: { type: 'ProcessCrashed', code: 'EXIT_7' },
      decision: expect.stringContaining('1 of 2 is left'),
      evidence: { exitCode: 7, lastOutput: expect.arrayContaining(['the last \uFFFD words']) },
    })

    await stage.database.db
      .updateTable('open_tasks')
      .set({ due_at: new Date() })
      .where('task_id', '=', taskId)
      .execute()
    await stage.release(taskId)
    await stage.ended(taskId)
    expect((await stage.deadLetters(taskId))[0]).toMatchObject({
      reason: 'crashed',
      evidence: { exitCode: 7 },
    })
  })

  test('crashes by what it left running as well', async () => {
    const taskId = await submit('test.lone', 'stray')
    expect(await stage.ended(taskId)).toMatchObject({ error: { code: 'EXIT_7' } })
  })

  test('hears that its task was cancelled', async () => {
    const taskId = await submit('test.lone', 'sleep', { durationMs: 60_000 })
    const pid = await began()
    await cancelTask(stage.database.db, {
      tenantId: DEFAULT_TENANT_ID,
      id: taskId,
      auditId: newId(),
      actor: 'test',
      reason: null,
    })

    await waitFor(() => log.lines().includes('aborted: AbortError'), 'the handler to hear of it')
    await untilGone(pid)
    expect((await stage.attempts(taskId))[0]).toMatchObject({ outcome: 'cancelled' })
  })
})

describe('a suspect', () => {
  test('runs alone, and is acquitted by its success', async () => {
    const taskId = await submitSuspect('answer')
    const task = await stage.ended(taskId)

    expect((task.result as { pid: number }).pid).not.toBe(worker.pid)
  })

  test.each([
    ['throw', 'failed'],
    ['later', 'run_later'],
  ])('is acquitted by any answer: %s', async (does, outcome) => {
    const taskId = await submitSuspect(does, { maxAttempts: 2 })
    const open = await stage.returned(taskId, 2)

    expect(open.losses).toBe(0)
    expect((await stage.attempts(taskId))[0]).toMatchObject({ outcome })
  })

  test.each([
    ['exit', 120_000, { exitCode: 7, signal: null }],
    ['loop', 300, { exitCode: null, signal: 'SIGKILL' }],
  ])(
    'is convicted by the death of its process, with attempts left: %s',
    async (does, timeoutMs, evidence) => {
      const taskId = await submitSuspect(does, { maxAttempts: 5, timeoutMs })
      const { state, error } = await stage.ended(taskId)

      expect({ state, error }).toMatchObject({ state: 'failed', error: { type: 'ProcessCrashed' } })
      expect((await stage.deadLetters(taskId))[0]).toMatchObject({
        reason: 'crashed',
        evidence,
        decision: expect.stringContaining('ran alone'),
      })
      expect((await stage.attempts(taskId))[0]).toMatchObject({ outcome: 'failed', evidence })
    },
  )
})

test('a task that ran in a process of its own when its worker died is not blamed for it', async () => {
  const input = { does: 'exit', log: log.file }
  const [taskId = ''] = await stage.submit([{ type: 'test.lone', input, maxAttempts: 2 }])
  await stage.database.db.updateTable('open_tasks').set({ losses: 1 }).where('task_id', '=', taskId).execute()
  await stage.release(taskId)
  await stage.returned(taskId, 2)

  expect((await stage.attempts(taskId))[0]).toMatchObject({
    outcome: 'failed',
    error: { type: 'ProcessCrashed' },
    decision: expect.stringContaining('1 of 2 is left'),
  })
  await stage.database.db.deleteFrom('open_tasks').where('task_id', '=', taskId).execute()
})

test('tasks that die the same way have the same fingerprint, and others another', async () => {
  const ids = await Promise.all([submitSuspect('exit'), submitSuspect('exit'), submit('test.lone', 'exit')])
  await Promise.all(ids.map((id) => stage.ended(id)))
  const fingerprints = await Promise.all(ids.map(async (id) => (await stage.deadLetters(id))[0]?.fingerprint))

  expect(fingerprints[0]).toBe(fingerprints[1])
  expect(fingerprints[0]).not.toBe(fingerprints[2])
})

test('no more processes run than the setting allows, and whoever waits has its whole time', async () => {
  const env = { WORKER_LANES: 'low', WORKER_ATTEMPT_PROCESSES: '1' }
  const narrow = await stage.startReadyWorker(env)
  const input = { does: 'sleep', log: log.file, durationMs: 700 }
  const task = { type: 'test.lone', lane: 'low', input, timeoutMs: 5_000 } as const
  const ids = await Promise.all([1, 2, 3].map(() => stage.submitAndRelease(task)))
  const tasks = await Promise.all(ids.map((id) => stage.ended(id)))

  expect(tasks.map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'succeeded'])
  const order = log.lines().filter((line) => line === 'began' || line === 'ended')
  expect(order).toEqual(['began', 'ended', 'began', 'ended', 'began', 'ended'])
  await narrow.stop()
})

describe('when its worker', () => {
  test('stops, an attempt in a process of its own finishes or goes back uncharged, and no process is left', async () => {
    const env = { WORKER_LANES: 'high', WORKER_ATTEMPT_PROCESSES: '1', SHUTDOWN_GRACE_MS: '6000' }
    const stopping = await stage.startReadyWorker(env)
    const input = { does: 'sleep', log: log.file, durationMs: 60_000 }
    const task = { type: 'test.lone', lane: 'high', input } as const
    const running = await stage.submitAndRelease(task)
    const pid = await began()
    const waiting = await stage.submitAndRelease(task)
    await stage.running(waiting)

    expect(await stopping.stop()).toEqual({ code: 0, signal: null })
    expect(isAlive(pid)).toBe(false)
    for (const id of [running, waiting]) {
      expect((await stage.attempts(id))[0]).toMatchObject({ outcome: 'returned', is_charged: false })
    }
    expect(log.count('began')).toBe(1)
    await stage.database.db.deleteFrom('open_tasks').where('lane', '=', 'high').execute()
  })

  test('is killed, the process ends itself, also while its handler blocks it', async () => {
    const doomed = await stage.startReadyWorker({ WORKER_LANES: 'high' })
    const input = { does: 'loop', log: log.file }
    const taskId = await stage.submitAndRelease({ type: 'test.lone', lane: 'high', input })
    const pid = await began()
    await doomed.kill()

    await untilGone(pid)
    expect(await stage.openRow(taskId)).toMatchObject({ losses: 0, attempt: 1 })
  })
})
