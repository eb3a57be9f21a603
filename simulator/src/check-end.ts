import { MAX_LOSSES } from '@redrive/shared/task'
import type { TaskRow } from './ledger/rows.ts'
import { Violation } from './violation.ts'
import type { World } from './world.ts'

/** What must be true when everything is at rest; `Watch` has looked at the rest all the time. Throws `Violation`. */
export function checkEnd(world: World): void {
  const { tables, clients, begun } = world
  for (const id of clients.accepted) {
    if (!tables.tasks.has(id)) throw new Violation('I1', `${nameOf(id)} was accepted and is gone`)
  }
  for (const task of tables.tasks.values()) {
    if (task.state === null) throw new Violation('I1', `${nameOf(task.id)} has not ended`)
    checkAttempts(world, task)
    if (task.state === 'failed' && task.type === 'sound') checkInnocent(world, task)
  }
  const recorded = new Set(
    [...tables.tasks.keys()].flatMap((id) =>
      tables.attemptsOf(id).map(({ attempt }) => `attempt ${attempt} of ${nameOf(id)}`),
    ),
  )
  for (const what of begun) if (!recorded.has(what)) throw new Violation('I3', `${what} began and has no end`)
}

function checkAttempts({ tables }: World, { id }: TaskRow): void {
  for (const [index, { attempt }] of tables.attemptsOf(id).entries()) {
    if (attempt !== index + 1)
      throw new Violation('I3', `record ${index + 1} of ${nameOf(id)} is of attempt ${attempt}`)
  }
  const tokens = new Set(tables.attemptsOf(id).map(({ token }) => token))
  if (tokens.size !== tables.attemptsOf(id).length)
    throw new Violation('I2', `attempts of ${nameOf(id)} share a token`)
}

/** A task whose handler always succeeds may fail only because the worker died each time that it ran, or for want of one. */
function checkInnocent({ tables }: World, { id }: TaskRow): void {
  const reason = tables.lettersOf(id).at(-1)?.reason
  const losses = tables.attemptsOf(id).filter(({ outcome }) => outcome === 'lost').length
  const isConvicted = reason === 'crashed' && losses >= MAX_LOSSES
  if (!isConvicted && reason !== 'no_handler')
    throw new Violation(
      'I6',
      `${nameOf(id)} failed as ${reason} after ${losses} losses, and its handler never does`,
    )
}

function nameOf(taskId: string): string {
  return `task ${Number(taskId.slice(-12))}`
}
