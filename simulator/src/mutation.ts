import type { Invariant } from './violation.ts'

interface Break {
  readonly what: string
  /** As the breach of which of them it is noticed. */
  readonly invariants: readonly Invariant[]
  /** It is noticed within so many seeds from this one: where it takes a rare meeting of faults, near a seed that has it. */
  readonly from: number
  readonly within: number
}

/**
 * Known ways to break the protocol, each the change of one guard or of one order. The simulation has to notice every one:
 * what it would not notice, it does not check.
 */
const KNOWN = {
  'acknowledge-before-commit': {
    what: 'a worker settles the ticket before the end of its attempt is committed',
    invariants: ['I1'],
    from: 0,
    within: 100,
  },
  'begin-before-claim': {
    what: 'a handler begins when its ticket arrives, before the ledger was asked',
    invariants: ['I2'],
    from: 0,
    within: 100,
  },
  'claim-again-anew': {
    what: 'a claim whose answer was lost is made again with new tokens',
    invariants: ['I1'],
    from: 230,
    within: 400,
  },
  'claim-any-number': {
    what: 'a claim does not look at the dispatch number',
    invariants: ['I2'],
    from: 0,
    within: 100,
  },
  'claim-while-running': {
    what: 'a claim takes a task that runs already',
    invariants: ['I2', 'I3'],
    from: 0,
    within: 100,
  },
  'confirm-any-number': {
    what: 'a confirm is noted whatever number the task has by now',
    invariants: ['I1'],
    from: 0,
    within: 100,
  },
  'end-without-finding': {
    what: 'an end that changed nothing counts as taken away, without a look for its own earlier commit',
    invariants: ['I2'],
    from: 355,
    within: 900,
  },
  'fail-without-dead-letter': {
    what: 'a task that fails gets no dead letter',
    invariants: ['I4'],
    from: 0,
    within: 100,
  },
  'finish-any-token': {
    what: 'a success is written without looking at its token',
    invariants: ['I2', 'I3'],
    from: 854,
    within: 2000,
  },
  'forget-convicts': {
    what: 'the ticket of a convicted task is not sent again, and nothing opens what is overdue',
    invariants: ['I1'],
    from: 0,
    within: 100,
  },
  'forget-the-key': {
    what: 'a submission under a key does not remember it',
    invariants: ['I5'],
    from: 0,
    within: 100,
  },
  'publish-before-commit': {
    what: 'tickets are sent before their tasks are stored',
    invariants: ['I1'],
    from: 0,
    within: 100,
  },
  'recall-started': {
    what: 'a recall takes back tasks that have been attempted since',
    invariants: ['I3', 'I2'],
    from: 200,
    within: 1500,
  },
  'reconcile-nothing': {
    what: 'tickets that the broker lost are not published again',
    invariants: ['I1'],
    from: 0,
    within: 100,
  },
  'redrive-anything': {
    what: 'a redrive does not look whether its dead letter is open',
    invariants: ['I2', 'I3', 'I4'],
    from: 0,
    within: 100,
  },
  'release-nothing-again': {
    what: 'what was taken for publishing and not confirmed counts as sent',
    invariants: ['I1'],
    from: 0,
    within: 100,
  },
  'reschedule-any-token': {
    what: 'a retry is written without looking at its token',
    invariants: ['I2', 'I3'],
    from: 972,
    within: 2000,
  },
  'rescue-the-living': {
    what: 'a task is rescued from a worker that is not gone',
    invariants: ['I3'],
    from: 30,
    within: 600,
  },
  'rescue-without-attempt': {
    what: 'a rescue leaves no record of the attempt that it takes away',
    invariants: ['I3'],
    from: 0,
    within: 100,
  },
  'retry-under-the-same-number': {
    what: 'a retry does not take the next number',
    invariants: ['I2'],
    from: 0,
    within: 100,
  },
  'return-running': {
    what: 'a ticket from the error queue gives a running task the next number',
    invariants: ['I2'],
    from: 150,
    within: 400,
  },
} as const satisfies Readonly<Record<string, Break>>

export type Mutation = keyof typeof KNOWN

export const MUTATIONS: Readonly<Record<Mutation, Break>> = KNOWN

export function isMutation(name: string): name is Mutation {
  return Object.hasOwn(KNOWN, name)
}
