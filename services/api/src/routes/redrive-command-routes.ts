import { type OperatorNote, redriveSchema } from '@redrive/shared/contract'
import { commandRedrive, type CommandOutcome } from '@redrive/shared/database'
import { newId, reachCrashPoint } from '@redrive/shared/runtime'
import type { RedriveCommand } from '@redrive/shared/task'
import type { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { type Caller, visibleOwner } from '../http/caller.ts'
import { isUuid } from '../http/is-uuid.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { withinDeadline } from '../http/within-deadline.ts'
import { ProblemError } from '../problem-error.ts'
import type { ProblemCode } from '../problems.ts'
import { recallAtOnce } from '../redrives/recall-at-once.ts'
import { toRedrive } from '../views/to-redrive.ts'
import { findOwnRedrive, redriveNotFound } from './find-own-redrive.ts'
import { operatorNoteBody } from './operator-note-body.ts'
import { idParameter } from './path-parameters.ts'
import { REDRIVE_EXAMPLES } from './redrive-examples.ts'

interface CommandText {
  readonly summary: string
  readonly description: string
}

const TEXTS: Readonly<Record<RedriveCommand, CommandText>> = {
  execute: {
    summary: 'Execute a plan',
    description:
      'Its members go back, each once, however often this is sent: a redrive that runs, is paused or is completed is answered as it is.',
  },
  pause: { summary: 'Pause a redrive', description: 'Nothing more goes back after the answer.' },
  resume: { summary: 'Resume a paused redrive', description: 'It goes on with the next member.' },
  stop: {
    summary: 'Stop a redrive for good',
    description:
      'Nothing more goes back after the answer. Members that had no turn stay open, and are listed as planned.',
  },
  recall: {
    summary: 'Take back the members that no worker has started',
    description:
      'Stops the redrive where it still runs. Each member without an attempt since is dead again at once, exactly as before, and never runs; one that was started goes on, and is listed as redriven.',
  },
}

/** What an operator can do with a planned redrive. */
export const redriveCommandRoutes: readonly Route[] = (Object.keys(TEXTS) as RedriveCommand[]).map(
  (command) =>
    defineRoute({
      method: 'POST',
      path: `/api/v1/redrives/{id}/${command}`,
      operationId: `${command}Redrive`,
      tag: 'Redrives',
      ...TEXTS[command],
      access: 'dead-letters:write',
      params: idParameter,
      body: operatorNoteBody('the receiver works again'),
      responses: {
        200: { description: 'The redrive.', schema: redriveSchema, example: REDRIVE_EXAMPLES.redrive },
      },
      problems: ['REDRIVE_NOT_FOUND', ...refusalsOf(command), 'DATABASE_UNAVAILABLE'],
      handle: (request: CommandRequest, api) => obey(command, request, api),
    }),
)

type CommandRequest = RouteRequest<z.output<typeof idParameter>, unknown, OperatorNote>

function refusalsOf(command: RedriveCommand): readonly ProblemCode[] {
  return command === 'execute' ? ['REDRIVE_EXPIRED', 'REDRIVE_NOT_ALLOWED'] : ['REDRIVE_NOT_ALLOWED']
}

async function obey(
  command: RedriveCommand,
  { params: { id }, body, caller }: CommandRequest,
  api: ApiParts,
): Promise<Answer> {
  if (!isUuid(id)) throw redriveNotFound(id)
  const order = {
    id,
    tenantId: visibleOwner(caller),
    command,
    auditId: newId(),
    actor: caller.actor,
    reason: body.reason ?? null,
  }
  const outcome = await withinDeadline(commandRedrive(api.db, order))
  if (outcome === null) throw redriveNotFound(id)
  if (outcome.kind === 'refused') throw refusal(command, id, outcome)
  if (outcome.kind === 'done') announce(command, { id, caller }, api)
  if (command === 'recall') await recallAtOnce(id, api)
  return { status: 200, json: toRedrive(await findOwnRedrive(id, caller, api)) }
}

interface Commanded {
  readonly id: string
  readonly caller: Caller
}

function announce(
  command: RedriveCommand,
  { id: redriveId, caller: { actor } }: Commanded,
  api: ApiParts,
): void {
  if (command !== 'execute') {
    api.events.emit('redrive.commanded', { redriveId, command, actor })
    return
  }
  reachCrashPoint('redrive.started')
  api.events.emit('redrive.started', { redriveId, actor })
}

function refusal(command: RedriveCommand, id: string, { state }: CommandOutcome): ProblemError {
  const extensions = { redriveState: state }
  if (command === 'execute' && state === 'expired') {
    const detail = `The plan ${id} has expired: what it froze may be out of date.`
    return new ProblemError('REDRIVE_EXPIRED', { detail, extensions })
  }
  const detail = `The redrive ${id} is ${state}, so the command "${command}" does nothing.`
  return new ProblemError('REDRIVE_NOT_ALLOWED', { detail, extensions })
}
