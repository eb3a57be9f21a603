import type { Injection } from '../nemesis.ts'
import type { Known } from '../load/known.ts'
import type { TaskFact } from './evidence.ts'

export interface Blame {
  readonly lost: number
  readonly endedTwice: number
  readonly others: number
}

export interface Suspicion {
  /** Lines of violations, with the ids of the tasks that they are about. */
  readonly lines: readonly string[]
  readonly injections: readonly Injection[]
  readonly known: Known
  readonly tasks: ReadonlyMap<string, TaskFact>
}

/** A task that was submitted so long before a fault was made may have been under way in it. A guess. */
const UNDER_WAY_MS = 15_000
const ID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/

/**
 * What was broken of tasks that were submitted shortly before a fault or in it, by the fault's name. Two faults that met
 * the same task are both blamed; what is about no task is nobody's.
 */
export function blame({ lines, injections, known, tasks }: Suspicion): ReadonlyMap<string, Blame> {
  const askedAtMs = new Map(known.submissions.map((one) => [one.op, one.askedAtMs]))
  const opOf = new Map(known.submissions.flatMap(({ op, ids }) => (ids ?? []).map((id) => [id, op] as const)))
  const timeOf = (id: string): number | undefined => askedAtMs.get(opOf.get(id) ?? tasks.get(id)?.op ?? '')
  const timed = lines.map((line) => ({ line, atMs: timeOf(ID.exec(line)?.[0] ?? '') }))
  const byFault = Map.groupBy(injections, ({ fault }) => fault)
  return new Map(
    [...byFault].map(([fault, some]) => [
      fault,
      count(timed.filter(({ atMs }) => some.some((one) => met(one, atMs))).map(({ line }) => line)),
    ]),
  )
}

function met({ madeAtMs, healedAtMs, recoveredAfterMs }: Injection, atMs: number | undefined): boolean {
  const overAtMs = healedAtMs + (recoveredAfterMs ?? 0)
  return atMs !== undefined && atMs >= madeAtMs - UNDER_WAY_MS && atMs <= overAtMs
}

function count(lines: readonly string[]): Blame {
  const lost = lines.filter((line) => line.startsWith('lost: ')).length
  const endedTwice = lines.filter((line) => line.startsWith('ended twice: ')).length
  return { lost, endedTwice, others: lines.length - lost - endedTwice }
}
