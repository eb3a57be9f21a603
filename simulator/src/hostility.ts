import type { Random } from './random.ts'

/** What the stores do to a statement or a message while the faults are on, and how often where they do. */
const STORE_FAULTS = {
  /** A statement is undone: deadlock, serialization failure, no connection. */
  refuse: 0.06,
  /** A statement is committed, and nobody hears of it. */
  loseAnswer: 0.08,
  /** A publish that went well is not confirmed. */
  unconfirmed: 0.15,
  /** A publish never arrives, and nobody hears of it. */
  swallow: 0.1,
  /** A confirmed message is gone all the same. */
  dropConfirmed: 0.06,
  /** A published message is there twice. */
  duplicate: 0.1,
  /** A publish finds no queue. */
  returned: 0.05,
} as const

/** What happens to processes and queues, each with its weight among all that happens. */
const EVENTS = {
  kill: 3,
  freeze: 1,
  thaw: 2,
  cutOff: 2,
  reconnect: 2,
  loseChannel: 2,
  duplicateReady: 1,
  loseReady: 1,
  purgeQueue: 0.3,
  forgetEverything: 0.2,
  forge: 2,
  restartLedger: 0.3,
} as const

export type StoreFault = keyof typeof STORE_FAULTS
export type FaultEvent = keyof typeof EVENTS
export type Fault = FaultEvent | StoreFault

export const FAULTS = [...Object.keys(STORE_FAULTS), ...Object.keys(EVENTS)] as readonly Fault[]

export interface Hostility {
  readonly chances: Readonly<Record<StoreFault, number>>
  readonly events: readonly { readonly name: FaultEvent; readonly weight: number }[]
}

/** Each run has some of the faults and not the others, because those that happen all the time hide what one alone does. */
export function drawHostility(random: Random, without: readonly Fault[]): Hostility {
  const isOn = (name: Fault): boolean => random.chance(0.6) && !without.includes(name)
  const chances = { ...STORE_FAULTS } as Record<StoreFault, number>
  for (const name of Object.keys(chances) as StoreFault[]) if (!isOn(name)) chances[name] = 0
  const events = (Object.keys(EVENTS) as FaultEvent[])
    .filter((name) => isOn(name))
    .map((name) => ({ name, weight: EVENTS[name] }))
  return { chances, events }
}
