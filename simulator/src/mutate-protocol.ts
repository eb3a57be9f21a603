import {
  type Ask,
  claimBatch,
  type Claiming,
  endAttempt,
  endTogether,
  recordMessages,
  redriveTask,
  releaseTickets,
  rescueWorker,
  settleUnclaimed,
  submitTasks,
  submitWithKey,
} from '@redrive/shared/protocol'
import type { ClaimedAttempt } from '@redrive/shared/database'
import type { AnyFlow, Effect } from './effect.ts'
import type { Mutation } from './mutation.ts'
import type { Held } from './processes.ts'

/** The flows that the simulation drives: the services' own, except where a mutation puts another one in the place of one. */
export const PROTOCOL = {
  claimBatch,
  endAttempt,
  endTogether,
  recordMessages,
  redriveTask,
  releaseTickets,
  rescueWorker,
  settleUnclaimed,
  submitTasks,
  submitWithKey,
} as const

export type Protocol = typeof PROTOCOL

type Change = (effect: Effect) => Iterable<Effect>

/** n.b. The casts give a changed flow the type of the original: it yields other effects, and returns what that returns. */
export function mutateProtocol(mutation: Mutation | null): Protocol {
  switch (mutation) {
    case 'acknowledge-before-commit':
      return mutated('endAttempt', (flow, [, { attempt }]) =>
        rewrite(flow, settleFirst(attempt.held as Held)),
      )
    case 'begin-before-claim':
      return mutated('claimBatch', (flow, [tickets]) => beginFirst(flow, tickets as readonly Held[]))
    case 'claim-again-anew':
      return mutated('claimBatch', (flow, [, claiming]) =>
        rewrite(flow, (effect) => [withNewTokens(effect, claiming)]),
      )
    case 'end-without-finding':
      return mutated('endTogether', (flow) => answerFindings(flow))
    case 'forget-convicts':
      return mutated('rescueWorker', (flow) =>
        rewrite(flow, (effect) => (effect.do === 'publish' ? [] : [effect])),
      )
    case 'publish-before-commit':
      return mutated('submitTasks', (flow, [tasks]) => sendFirst(flow, tasks))
    default:
      return PROTOCOL
  }
}

function mutated<Name extends keyof Protocol>(
  name: Name,
  change: (flow: AnyFlow, args: Parameters<Protocol[Name]>) => AnyFlow,
): Protocol {
  const original = PROTOCOL[name] as (...args: readonly unknown[]) => unknown
  const changed = (...args: Parameters<Protocol[Name]>): AnyFlow => change(original(...args) as AnyFlow, args)
  return { ...PROTOCOL, [name]: changed }
}

/** The same flow with other effects; what is left out is answered with nothing published. */
function* rewrite(flow: AnyFlow, change: Change): AnyFlow {
  let step = flow.next()
  while (step.done !== true) {
    let answer: unknown = { confirmed: [], returned: [], unknown: [] }
    for (const effect of change(step.value)) answer = yield effect
    step = flow.next(answer)
  }
  return step.value
}

function settleFirst(held: Held): Change {
  return (effect) => (effect.do === 'end' ? [{ do: 'settle', held, as: 'ack' }, effect] : [effect])
}

function* beginFirst(flow: AnyFlow, tickets: readonly Held[]): AnyFlow {
  for (const held of tickets) {
    const attempt = { ...held.ticket, token: 'none', attempt: 1 } as ClaimedAttempt
    yield { do: 'begin', attempt, held }
  }
  return yield* flow
}

/** Every time that the statement is asked, it has other tokens. */
function withNewTokens(effect: Effect, { sources }: Claiming): Effect {
  if (effect.do !== 'ask' || effect.statement !== 'claimTickets') return effect
  const [claim] = effect.args as Ask<'claimTickets'>['args']
  const ask: Ask<'claimTickets'> = {
    do: 'ask',
    statement: 'claimTickets',
    get args() {
      const tickets = claim.tickets.map((ticket) => ({ ...ticket, token: sources.newToken() }))
      return [{ ...claim, tickets }] as const
    },
  }
  return ask
}

function* answerFindings(flow: AnyFlow): AnyFlow {
  let step = flow.next()
  while (step.done !== true) {
    const isFinding = step.value.do === 'ask' && step.value.statement === 'findFinishedTokens'
    step = flow.next(isFinding ? new Map() : yield step.value)
  }
  return step.value
}

function* sendFirst(flow: AnyFlow, tasks: Parameters<typeof submitTasks>[0]): AnyFlow {
  for (const { id, lane } of tasks) yield { do: 'send', lane, ticket: { taskId: id, number: 1 } }
  return yield* flow
}
