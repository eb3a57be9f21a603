import { ALL_FAULTS, missingFor } from './faults/all-faults.ts'
import type { TortureOptions } from './options.ts'
import type { Random } from './random.ts'
import type { Report } from './report.ts'
import type { Fault, Stage } from './stage.ts'

/** Part of all faults that one run may draw from: fewer kinds, met more often and in more combinations. */
const DRAWN_FROM = 0.6

export interface ChosenFaults extends Pick<Report, 'leftOut'> {
  readonly faults: readonly Fault[]
}

/** The named ones, or a draw from all that can be made here. Throws an error that lists all names for an unknown one. */
export function chooseFaults(
  { only, isEach }: TortureOptions,
  { stage, random }: { readonly stage: Stage; readonly random: Random },
): ChosenFaults {
  const wanted = only === null ? ALL_FAULTS : only.map(findFault)
  const missing = wanted.map((fault) => ({ fault, needs: missingFor(fault, stage) }))
  const possible = missing.filter(({ needs }) => needs === null).map(({ fault }) => fault)
  const isDrawn = only === null && !isEach
  return {
    faults: isDrawn ? random.shuffle(possible).slice(0, Math.ceil(possible.length * DRAWN_FROM)) : possible,
    leftOut: missing.flatMap(({ fault, needs }) => (needs === null ? [] : [{ fault: fault.name, needs }])),
  }
}

function findFault(name: string): Fault {
  const fault = ALL_FAULTS.find((one) => one.name === name)
  if (fault !== undefined) return fault
  const names = ALL_FAULTS.map((one) => one.name).join(', ')
  throw new RangeError(`--only: there is no fault ${name}; there are ${names}`)
}
