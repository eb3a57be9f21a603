import { ask } from '@redrive/shared/protocol'
import { applyStatement } from './perform.ts'
import type { Process, WorkerProcess } from './processes.ts'
import { beginRound, type DispatcherWork } from './rounds.ts'
import { Violation } from './violation.ts'
import { claimWaiting, endHandler, receiveAny } from './worker-moves.ts'
import type { World } from './world.ts'

/**
 * By then a ticket whose publishing was tried in vain as often as counts has been taken once more (64 times 5 s), a lost one
 * has been doubted (60 s), a dead letter is overdue (300 s), and what follows each of them has had its time.
 */
const HEALED_AFTER_MS = 1_200_000
/** Below half a lease, or looks would not be trusted. */
const IDLE_STEP_MS = 5_000
const BUSY_STEP_MS = 300
/** A flow that has not ended by then waits for something that nothing brings. */
const MAX_STEPS_PER_ROUND = 100

const OFTEN: readonly DispatcherWork[] = ['release', 'rescue', 'record']
const SELDOM: readonly DispatcherWork[] = ['reconcile', 'overdue', 'expire']

/** No fault strikes any more and everybody does what they do, until everything is at rest. Throws `Violation` when it is not in time. */
export function heal(world: World): void {
  world.tell(() => 'from here on, no fault strikes')
  world.areFaultsOn = false
  for (const { from, effect } of world.late.splice(0)) applyStatement(world, from, effect)
  for (const process of world.processes()) process.isFrozen = false
  for (const worker of world.workers) worker.isCutOff = false
  world.addApi()
  world.addDispatcher()
  world.addWorker()
  const until = world.nowMs + HEALED_AFTER_MS
  for (let round = 0; !isAtRest(world); round += 1) {
    if (world.nowMs > until) throw new Violation('I1', explainUnrest(world))
    makeRound(world, round)
  }
}

function makeRound(world: World, round: number): void {
  world.advance(isBusy(world) ? BUSY_STEP_MS : IDLE_STEP_MS)
  for (const dispatcher of world.dispatchers) {
    for (const work of round % 4 === 0 ? [...OFTEN, ...SELDOM] : OFTEN) beginRound(world, dispatcher, work)
    finishThreads(world, dispatcher)
  }
  for (const api of world.apis) {
    if (api.marks.length > 0) world.begin(api, 'mark', ask('markConfirmed', api.marks.splice(0)))
    finishThreads(world, api)
  }
  for (const worker of world.workers) doWork(world, worker)
  if (!world.workers.some(({ types }) => types.includes('cursed'))) world.addWorker()
}

function doWork(world: World, worker: WorkerProcess): void {
  while (receiveAny(world, worker));
  claimWaiting(world, worker)
  finishThreads(world, worker)
  for (const attempt of worker.runs) if (worker.isAlive) endHandler(world, worker, attempt)
  finishThreads(world, worker)
}

function finishThreads(world: World, process: Process): void {
  for (let steps = 0; process.isAlive && process.threads.length > 0; steps += 1) {
    if (steps > MAX_STEPS_PER_ROUND) return
    for (const thread of process.threads) world.step(process, thread)
  }
}

function isBusy({ broker, tables, workers }: World): boolean {
  if (!broker.isEmpty || workers.some(({ runs }) => runs.size > 0)) return true
  return (
    tables.openWhere(
      (row) => row.dueAt <= tables.nowMs && row.confirmedAt === null && row.takenUntil === null,
    ).length > 0
  )
}

function isAtRest(world: World): boolean {
  if (world.tables.open.size > 0 || !world.broker.isEmpty) return false
  if (world.processes().some(({ threads }) => threads.length > 0)) return false
  for (const { state } of world.tables.letters.values()) if (state === 'carried') return false
  return true
}

function explainUnrest({ broker, tables }: World): string {
  const open = [...tables.open.values()].map(({ taskId, number, token, confirmedAt }) => {
    const where = token === null ? (confirmedAt === null ? 'not sent' : 'sent') : 'running'
    return `task ${Number(taskId.slice(-12))} (${where}, number ${number})`
  })
  const carried = [...tables.letters.values()].filter(({ state }) => state === 'carried')
  const letters = carried.map(({ taskId }) => `the dead letter of task ${Number(taskId.slice(-12))}`)
  const rest = broker.isEmpty ? [] : ['messages in the broker']
  return `long after the last fault there are still ${[...open, ...letters, ...rest].join(', ') || 'flows under way'}`
}
