import { ask } from '@redrive/shared/protocol'
import { strike } from './faults.ts'
import { seemsGone } from './ledger/rescue.ts'
import { operate } from './operators.ts'
import { applyStatement } from './perform.ts'
import type { Process, WorkerProcess } from './processes.ts'
import type { Random } from './random.ts'
import { beginRound, DISPATCHER_WORK } from './rounds.ts'
import { claimWaiting, endHandler, receiveAny } from './worker-moves.ts'
import { ALL_TYPES, type World } from './world.ts'

export interface Move {
  readonly weight: number
  readonly make: (world: World) => void
}

/** More of them would only wait for one another. */
const MAX_OPEN = 4
const WAITS_MS = [1, 20, 150, 500, 1_000, 3_000, 6_000] as const

const MOVES: readonly Move[] = [
  { weight: 40, make: stepAny },
  { weight: 6, make: submit },
  { weight: 10, make: dispatch },
  { weight: 8, make: (world) => withWorker(world, receiveAny) },
  { weight: 6, make: (world) => withWorker(world, claimWaiting) },
  { weight: 6, make: (world) => withWorker(world, endAnyHandler) },
  { weight: 4, make: (world) => withApi(world, operate) },
  { weight: 3, make: mark },
  { weight: 7, make: (world) => world.advance(world.random.pick(WAITS_MS) ?? 1) },
  { weight: 4, make: waitForRescue },
  { weight: 1, make: arriveLate },
  { weight: 4, make: strikeAny },
]
const FACTORS = [0.3, 1, 1, 3] as const

/** How often each move is made in one run. Runs differ in it, because what is rare in the mean is frequent in some of them. */
export function drawMoves(random: Random): readonly Move[] {
  return MOVES.map(({ weight, make }) => ({ weight: weight * (random.pick(FACTORS) ?? 1), make }))
}

/** The next thing that happens: any process goes on by one effect or begins something, or a fault strikes. */
export function makeMove(world: World, moves: readonly Move[]): void {
  if (world.apis.length === 0) world.addApi()
  if (world.dispatchers.length === 0) world.addDispatcher()
  if (world.workers.length === 0) world.addWorker(drawTypes(world))
  world.random.weighted(moves)?.make(world)
}

export function drawTypes({ random }: World): readonly string[] {
  return random.chance(0.7) ? ALL_TYPES : ALL_TYPES.filter(() => random.chance(0.7))
}

function awake<Any extends Process>(processes: readonly Any[]): readonly Any[] {
  return processes.filter(({ isFrozen }) => !isFrozen)
}

function stepAny(world: World): void {
  const busy = awake(world.processes()).filter(({ threads }) => threads.length > 0)
  const process = world.random.pick(busy)
  const thread = process === undefined ? undefined : world.random.pick(process.threads)
  if (process !== undefined && thread !== undefined) world.step(process, thread)
}

function submit(world: World): void {
  if (world.tables.open.size < MAX_OPEN) withApi(world, (_, api) => world.clients.submit(api))
}

function withApi(world: World, act: (world: World, api: World['apis'][number]) => void): void {
  const api = world.random.pick(awake(world.apis))
  if (api !== undefined) act(world, api)
}

function dispatch(world: World): void {
  const dispatcher = world.random.pick(awake(world.dispatchers))
  const next = world.random.pick(DISPATCHER_WORK)
  if (dispatcher !== undefined && next !== undefined) beginRound(world, dispatcher, next)
}

function withWorker(world: World, act: (world: World, worker: WorkerProcess) => unknown): void {
  const worker = world.random.pick(awake(world.workers))
  if (worker !== undefined) act(world, worker)
}

function endAnyHandler(world: World, worker: WorkerProcess): void {
  const attempt = world.random.pick([...worker.runs])
  if (attempt !== undefined && world.random.chance(world.haste)) endHandler(world, worker, attempt)
}

/** The confirms of a while go to the ledger together. */
function mark(world: World): void {
  withApi(world, (_, api) => {
    if (api.marks.length > 0) world.begin(api, 'mark', ask('markConfirmed', api.marks.splice(0)))
  })
}

/** Where a worker is gone, half a minute in which a dispatcher looks as often as it does, so that it comes to trust what it sees. */
function waitForRescue(world: World): void {
  const { tables } = world
  const gone = [...tables.workers.values()].filter((row) => seemsGone(row, tables.nowMs)).map(({ id }) => id)
  if (tables.openWhere(({ workerId }) => workerId !== null && gone.includes(workerId)).length === 0) return
  const dispatcher = world.random.pick(awake(world.dispatchers))
  for (let looks = 0; looks < 12 && dispatcher?.isAlive === true; looks += 1) {
    world.advance(2_000)
    beginRound(world, dispatcher, 'rescue')
    const thread = dispatcher.threads.find(({ name }) => name === 'rescue')
    for (let steps = 0; steps < 20 && thread !== undefined && thread.effect !== null; steps += 1)
      world.step(dispatcher, thread)
  }
}

/** What a dead process had asked the ledger for is committed only now. */
function arriveLate(world: World): void {
  const [late] = world.late.splice(world.random.below(world.late.length), 1)
  if (late === undefined) return
  world.tell(() => `what ${late.from.name} asked for before it died is committed:`)
  applyStatement(world, late.from, late.effect)
}

function strikeAny(world: World): void {
  const event = world.random.weighted(world.faultEvents)
  if (event !== undefined) strike(world, event.name)
}
