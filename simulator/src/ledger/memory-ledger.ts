import type { LedgerPort } from '@redrive/shared/protocol'
import { attempts } from './attempts.ts'
import { deadLetters } from './dead-letters.ts'
import { doubting } from './doubting.ts'
import { rescue } from './rescue.ts'
import { returning } from './returning.ts'
import { sending } from './sending.ts'
import { submission } from './submission.ts'
import type { Tables } from './tables.ts'

/** The statements that the simulation has, each with the meaning of its namesake in `shared/src/database`. */
export type MemoryLedger = ReturnType<typeof createMemoryLedger>

export type SimulatedName = keyof MemoryLedger

/**
 * The ledger as plain data: every statement is atomic and looks at the simulated clock. What it guards is compared with
 * Postgres by a property (`conformance.test.ts`), so that what is shown against this ledger is true of that one.
 */
export function createMemoryLedger(tables: Tables) {
  return {
    ...submission(tables),
    ...sending(tables),
    ...doubting(tables),
    ...returning(tables),
    ...attempts(tables),
    ...rescue(tables),
    ...deadLetters(tables),
  } satisfies Partial<LedgerPort>
}
