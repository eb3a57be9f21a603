import type { Invariant } from './evidence.ts'
import { aKeyMakesItsTasksOnce } from './invariants/a-key-makes-its-tasks-once.ts'
import { answersAreTrue } from './invariants/answers-are-true.ts'
import { attemptsAreHonest } from './invariants/attempts-are-honest.ts'
import { eachTaskEndsOnce } from './invariants/each-task-ends-once.ts'
import { everythingHeals } from './invariants/everything-heals.ts'
import { everythingIsBounded } from './invariants/everything-is-bounded.ts'
import { failedIsADeadLetter } from './invariants/failed-is-a-dead-letter.ts'
import { innocentsDoNotFail } from './invariants/innocents-do-not-fail.ts'
import { noTaskIsLost } from './invariants/no-task-is-lost.ts'
import { theAuditTellsIt } from './invariants/the-audit-tells-it.ts'

/** I1 to I10, each over what was collected at the end. Pure. */
export const INVARIANTS: readonly Invariant[] = [
  noTaskIsLost,
  eachTaskEndsOnce,
  attemptsAreHonest,
  failedIsADeadLetter,
  aKeyMakesItsTasksOnce,
  innocentsDoNotFail,
  everythingIsBounded,
  everythingHeals,
  answersAreTrue,
  theAuditTellsIt,
]
