import { encodeTicket } from '@redrive/shared/task'
import type { FaultEvent } from './hostility.ts'
import type { QueueName } from './memory-broker.ts'
import { ALL_TYPES, type World } from './world.ts'

/** Something bad happens to whatever is there. */
export function strike(world: World, fault: FaultEvent): void {
  const { broker, random, tables } = world
  switch (fault) {
    case 'kill':
      return killAny(world)
    case 'freeze':
      return setFrozen(world, true)
    case 'thaw':
      return setFrozen(world, false)
    case 'cutOff':
      return setCutOff(world, true)
    case 'reconnect':
      return setCutOff(world, false)
    case 'loseChannel': {
      const worker = random.pick(world.workers)
      if (worker === undefined) return
      world.tell(() => `${worker.name} loses its channels`)
      return world.loseChannels(worker)
    }
    case 'duplicateReady':
      return withMessage(world, (queue, index) => broker.duplicate(queue, index))
    case 'loseReady':
      return withMessage(world, (queue, index) => broker.lose(queue, index))
    case 'purgeQueue': {
      const queue = anyQueue(world)
      world.tell(() => `the queue ${queue} is purged`)
      return broker.purge(queue)
    }
    case 'forgetEverything':
      world.tell(() => 'the broker comes back empty')
      return broker.forgetEverything()
    case 'forge':
      return forge(world)
    case 'restartLedger':
      world.tell(() => 'the ledger restarts')
      tables.server += 1
      for (const row of tables.workers.values()) row.isLockHeld = false
      for (const dispatcher of world.dispatchers) dispatcher.generation += 1
      return
  }
}

function killAny(world: World): void {
  const process = world.random.pick(world.processes())
  if (process === undefined) return
  world.kill(process)
  if (process.kind === 'worker') world.addWorker(world.random.chance(0.7) ? ALL_TYPES : process.types)
}

/** Whoever is frozen for long loses its channels too, as its heartbeats stop. */
function setFrozen(world: World, isFrozen: boolean): void {
  const process = world.random.pick(world.processes().filter((one) => one.isFrozen !== isFrozen))
  if (process === undefined) return
  world.tell(() => `${process.name} ${isFrozen ? 'freezes' : 'goes on'}`)
  process.isFrozen = isFrozen
  if (isFrozen && world.random.chance(0.5)) world.broker.loseChannel(process.name)
}

/** A worker that lost its connection to the ledger: its lock is free, and its lease runs out while it works on. */
function setCutOff(world: World, isCutOff: boolean): void {
  const others = world.workers.filter((one) => one.isCutOff !== isCutOff)
  const busy = others.filter(({ runs }) => runs.size > 0)
  const worker = world.random.pick(busy.length > 0 ? busy : others)
  const row = worker === undefined ? undefined : world.tables.workers.get(worker.id)
  if (worker === undefined || row === undefined) return
  world.tell(
    () =>
      `${worker.name} ${isCutOff ? 'loses' : 'has'} its connection to the ledger${isCutOff ? '' : ' again'}`,
  )
  worker.isCutOff = isCutOff
  if (isCutOff && world.random.chance(0.7)) row.isLockHeld = false
  if (!isCutOff) world.renew(worker)
}

function anyQueue({ broker, random }: World): QueueName {
  return random.pick([...broker.queues.keys()]) ?? 'error'
}

function withMessage(world: World, act: (queue: QueueName, index: number) => void): void {
  const queue = anyQueue(world)
  const count = world.broker.ready(queue).length
  if (count === 0) return
  world.tell(() => `a message in ${queue} is lost or doubled`)
  act(queue, world.random.below(count))
}

/** Somebody publishes what Redrive did not: nonsense, a ticket of no task, an old or a future number of a real one. */
function forge(world: World): void {
  const { random, tables } = world
  const queue = anyQueue(world)
  const id = random.pick([...tables.tasks.keys()])
  const draw = random.next()
  let body = 'nonsense'
  if (draw < 0.3) body = encodeTicket({ taskId: world.newId(), number: 1 }).toString()
  else if (draw < 0.9 && id !== undefined) {
    const number = tables.open.get(id)?.number ?? tables.tasks.get(id)?.number ?? 1
    body = encodeTicket({ taskId: id, number: Math.max(1, number + random.below(4) - 2) }).toString()
  }
  world.tell(() => `somebody publishes ${body} to ${queue}`)
  world.broker.add(queue, body)
}
