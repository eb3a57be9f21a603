import type { OperatorNote } from '@redrive/shared/contract'
import type { DeadLetterView } from '@redrive/shared/database'
import type { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { repeatRead } from '../http/repeat-read.ts'
import type { RouteRequest } from '../http/route.ts'
import { withinDeadline } from '../http/within-deadline.ts'
import type { ProblemError } from '../problem-error.ts'
import { showDeadLetter } from '../views/show-dead-letter.ts'
import { findOwnDeadLetter } from './find-own-dead-letter.ts'
import type { idParameter } from './path-parameters.ts'

export type DeadLetterRequest = RouteRequest<z.output<typeof idParameter>, unknown, OperatorNote>

export interface DeadLetterCommand {
  /** The one statement. False when the dead letter is not in a state that the command takes. */
  readonly act: (letter: DeadLetterView) => Promise<boolean>
  /** Why it was not done, by the dead letter as it is after the attempt. */
  readonly refuse: (after: DeadLetterView) => ProblemError
  readonly announce: (letter: DeadLetterView) => void
}

/** Carries out a command on one dead letter, and answers with it. Of two who try at once, one wins and the other is told. */
export async function commandDeadLetter(
  { params, caller }: DeadLetterRequest,
  { act, refuse, announce }: DeadLetterCommand,
  api: ApiParts,
): Promise<Answer> {
  const letter = await findOwnDeadLetter(params.id, caller, api)
  const isDone = await withinDeadline(act(letter))
  const after = await findOwnDeadLetter(letter.id, caller, api)
  if (!isDone) throw refuse(after)
  announce(letter)
  return { status: 200, json: await repeatRead(() => showDeadLetter(api, after)) }
}
