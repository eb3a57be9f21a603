import type { Canary } from './canary.ts'
import type { History } from './history.ts'
import type { Random } from './random.ts'
import type { Fault, Stage } from './stage.ts'

/** One fault that was made, and how long the service took to be itself again. */
export interface Injection {
  readonly fault: string
  readonly madeAtMs: number
  readonly healedAtMs: number
  /** Null when it was not seen to recover. */
  readonly recoveredAfterMs: number | null
  /** It could not be made, or not as a whole, because another one at the same time was in its way. */
  readonly isHindered: boolean
}

export interface NemesisPlan {
  readonly stage: Stage
  readonly faults: readonly Fault[]
  readonly random: Random
  readonly history: History
  readonly canary: Canary
  readonly untilMs: number
  /** Ends the run early. */
  readonly signal: AbortSignal
  /** Each fault once and alone, whatever the time. */
  readonly isEach: boolean
}

const PAUSE_MS = { least: 500, most: 4_000 }
const LOOK_EVERY_MS = 50
/**
 * After this the next fault comes, and I8 is broken. Seen: 2 to 10 s where the machine has room, and 55 s where twenty
 * times as many processes as cores wanted to run.
 */
const RECOVERY_WAITED_MS = 120_000
/** How often a second fault meets the first one. */
const OVERLAP = 0.35

/** Makes faults until the time is over, each one a draw from the seed; now and then two at once. */
export async function torment(plan: NemesisPlan): Promise<readonly Injection[]> {
  const injections: Injection[] = []
  const { random, history, stage, untilMs } = plan
  if (plan.isEach) return tormentWithEach(plan)
  while (history.nowMs < untilMs && !plan.signal.aborted) {
    await stage.sleep(random.int(PAUSE_MS.least, PAUSE_MS.most))
    if (history.nowMs >= untilMs || plan.signal.aborted) break
    const chosen = chooseFaults(plan)
    injections.push(...(await makeAll(chosen, plan)))
  }
  return injections
}

async function tormentWithEach(plan: NemesisPlan): Promise<readonly Injection[]> {
  const injections: Injection[] = []
  for (const fault of plan.faults) {
    if (plan.signal.aborted) break
    await plan.stage.sleep(plan.random.int(PAUSE_MS.least, PAUSE_MS.most))
    injections.push(...(await makeAll([fault], plan)))
  }
  return injections
}

function chooseFaults({ random, faults }: NemesisPlan): readonly Fault[] {
  const first = random.pick(faults)
  if (!random.chance(OVERLAP)) return [first]
  const second = random.pick(faults)
  return second === first || areInEachOthersWay(first, second) ? [first] : [first, second]
}

/** A node that one fault starts while another deletes its files belongs to no fault that the service has to stand. */
function areInEachOthersWay(one: Fault, other: Fault): boolean {
  return one.handles !== undefined && one.handles === other.handles
}

async function makeAll(faults: readonly Fault[], plan: NemesisPlan): Promise<readonly Injection[]> {
  const made = await Promise.all(faults.map((fault) => makeOne(fault, plan)))
  const healedAtMs = Math.max(...made.map((one) => one.healedAtMs))
  const recoveredAfterMs = await untilRecovered(healedAtMs, plan)
  plan.history.add('recovered', { faults: faults.map(({ name }) => name), recoveredAfterMs })
  return made.map((one) => ({ ...one, recoveredAfterMs }))
}

async function makeOne(
  fault: Fault,
  { stage, history }: NemesisPlan,
): Promise<Omit<Injection, 'recoveredAfterMs'>> {
  const madeAtMs = history.add('fault.begun', { fault: fault.name }).atMs
  let isHindered = false
  try {
    await fault.inject(stage)
  } catch (error) {
    // Two faults at once may be in each other's way; what one could not do is not the product's fault.
    isHindered = true
    history.add('fault.hindered', { fault: fault.name, error: String(error) })
  }
  const healedAtMs = history.add('fault.healed', { fault: fault.name }).atMs
  return { fault: fault.name, madeAtMs, healedAtMs, isHindered }
}

async function untilRecovered(
  healedAtMs: number,
  { canary, history, stage, signal }: NemesisPlan,
): Promise<number | null> {
  while (history.nowMs - healedAtMs < RECOVERY_WAITED_MS && !signal.aborted) {
    const afterMs = canary.recoveredAfterMs(healedAtMs)
    if (afterMs !== null) return afterMs
    await stage.sleep(LOOK_EVERY_MS)
  }
  return null
}
