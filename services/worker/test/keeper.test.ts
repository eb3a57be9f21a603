import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, beforeEach, expect, test } from '@jest/globals'
import { onCleanup, type SpawnedService, waitFor } from '@redrive/shared/testing'
import { SideLog } from './side-log.ts'
import { openStage, type Stage } from './stage.ts'

let stage: Stage
let log: SideLog

beforeAll(async () => {
  stage = await openStage()
}, 60_000)

beforeEach(() => {
  log = new SideLog()
})

async function startKept(env: Readonly<Record<string, string>> = {}): Promise<SpawnedService> {
  const kept = stage.startWorker(env, { isKept: true })
  await kept.waitForReady()
  return kept
}

function submit(does: string, durationMs = 0): Promise<string> {
  return stage.submitAndRelease({ type: 'test.shared', input: { does, log: log.file, durationMs } })
}

/** The process of the worker that its parent keeps at the moment. */
async function pidOf(kept: SpawnedService, replacements = 0): Promise<number> {
  const isReady = ({ event, pid }: Readonly<Record<string, unknown>>): boolean =>
    event === 'service.ready' && pid !== kept.pid
  const found = await waitFor(() => kept.logs.filter(isReady)[replacements], 'a worker to be ready')
  return Number(found['pid'])
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a worker process that is killed is replaced, and the metrics say so', async () => {
  const kept = await startKept()
  process.kill(await pidOf(kept), 'SIGKILL')
  await pidOf(kept, 1)

  expect(kept.logs.filter(({ event }) => event === 'worker.replaced')).toMatchObject([
    { ending: 'SIGKILL', replacements: 1 },
  ])
  const { port } = kept.logs.findLast(({ event }) => event === 'operations.listening') ?? {}
  const metrics = await (await fetch(`http://127.0.0.1:${String(port)}/metrics`)).text()
  expect(metrics).toMatch(/^redrive_worker_replacements_total\{.*\} 1$/m)
  expect(await kept.stop()).toEqual({ code: 0, signal: null })
})

test('a worker process that a handler blocks is replaced, and says why it ended', async () => {
  const kept = await startKept({ WORKER_STALL_LIMIT_MS: '1500' })
  await submit('loop')
  const blocked = await kept.waitForLog(({ event }) => event === 'worker.blocked')
  await pidOf(kept, 1)

  expect(blocked).toMatchObject({ level: 'fatal', limitMs: 1_500 })
  expect(blocked['pid']).toBe(await pidOf(kept))
  expect(await kept.stop()).toEqual({ code: 0, signal: null })
  await stage.database.db.deleteFrom('open_tasks').execute()
})

test('a worker process that cannot even start is not replaced', async () => {
  const kept = stage.startWorker({ WORKER_LANES: 'fast' }, { isKept: true })

  expect(await kept.exited).toEqual({ code: 1, signal: null })
  expect(JSON.stringify(kept.logs)).toContain('WORKER_LANES')
})

test('a parent that is killed leaves a worker process that drains and ends, and nothing is lost', async () => {
  const kept = await startKept()
  const pid = await pidOf(kept)
  const taskId = await submit('sleep', 1_000)
  await waitFor(() => log.lines().includes('began'), 'the handler to begin')
  await kept.kill()

  expect(await stage.ended(taskId)).toMatchObject({ state: 'succeeded', attempt: 1 })
  await waitFor(() => !isAlive(pid), 'the worker process to end')
})

test('told to stop, the parent passes it on once and starts no other worker', async () => {
  const kept = await startKept()
  const pid = await pidOf(kept)
  const taskId = await submit('sleep', 1_500)
  await waitFor(() => log.lines().includes('began'), 'the handler to begin')
  // As a terminal and npm together do.
  const exit = kept.kill('SIGINT')
  void kept.kill('SIGINT')

  expect(await exit).toEqual({ code: 0, signal: null })
  expect(await stage.task(taskId)).toMatchObject({ state: 'succeeded' })
  expect(isAlive(pid)).toBe(false)
  expect(kept.logs.filter(({ event }) => event === 'service.ready')).toHaveLength(1)
})

/** Task types that never finish loading in whatever replaces another worker process, so that it can be met while it starts. */
function typesThatLoadOnce(): string {
  const folder = mkdtempSync(join(tmpdir(), 'redrive-load-once-'))
  onCleanup(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(
    join(folder, 'load-once.js'),
    `import { defineTask } from '@redrive/worker'
    import { z } from 'zod'
    // Never settled, and an interval keeps the process.
    if (Number(process.argv[2]) > 0) await new Promise(() => setInterval(() => {}, 1_000))
    export const once = defineTask({ name: 'test.once', input: z.strictObject({}), handler: () => null })`,
  )
  return folder
}

test('told to stop while the next worker process only starts, the parent has nothing left to finish', async () => {
  const kept = await startKept({ WORKER_HANDLERS: typesThatLoadOnce() })
  process.kill(await pidOf(kept), 'SIGKILL')
  await kept.waitForLog(({ event }) => event === 'worker.replaced')

  expect(await kept.kill('SIGTERM')).toEqual({ code: 0, signal: null })
})

test('a blocked worker process that does not hear of its stop is killed within the grace', async () => {
  const kept = await startKept({ WORKER_STALL_LIMIT_MS: '0', SHUTDOWN_GRACE_MS: '4000' })
  const pid = await pidOf(kept)
  await submit('loop')
  await waitFor(() => log.lines().includes('began'), 'the handler to begin')
  const exit = await kept.kill('SIGTERM')

  expect(exit).toEqual({ code: 1, signal: null })
  expect(isAlive(pid)).toBe(false)
  expect(JSON.stringify(kept.logs)).toContain('did not hear that it is to stop')
  await stage.database.db.deleteFrom('open_tasks').execute()
})
