import { performStatement } from '@redrive/shared/database'
import type { Ask, Emit, Reach } from '@redrive/shared/protocol'
import { reachCrashPoint } from '@redrive/shared/runtime'
import type { ApiParts } from './api-parts.ts'

/** Performs what an operator's command does to the ledger, once: a statement that fails is the operator's to repeat. */
export function performEffect(
  effect: Ask | Emit | Reach,
  { db, events }: Pick<ApiParts, 'db' | 'events'>,
): unknown {
  switch (effect.do) {
    case 'ask':
      return performStatement(db, effect)
    case 'emit':
      return events.tell(effect.event)
    case 'reach':
      return reachCrashPoint(effect.point)
  }
}
