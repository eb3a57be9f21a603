/** From the one that needs an operator most to the one that needs none. */
export const GROUP_STATES = ['regressed', 'open', 'ignored', 'resolved'] as const

export type GroupState = (typeof GROUP_STATES)[number]

export type GroupAct = 'resolve' | 'ignore' | 'reopen'

interface GroupTransition {
  readonly from: readonly GroupState[]
  readonly to: GroupState
}

/**
 * What operators can do with a group of dead letters, and from which states. An act finds its group in a state of `from`,
 * or is refused: of two operators who do the same at once, the second is told. Redrive itself does the rest: a resolved
 * group whose fault comes back is `regressed`, an ignored one whose end has come is `open`.
 */
export const GROUP_TRANSITIONS: Readonly<Record<GroupAct, GroupTransition>> = {
  resolve: { from: ['open', 'regressed', 'ignored'], to: 'resolved' },
  ignore: { from: ['open', 'regressed'], to: 'ignored' },
  reopen: { from: ['resolved', 'ignored', 'regressed'], to: 'open' },
}

/** Whose acts those of the dispatcher are, in the history of a group. */
export const WATCHER = 'redrive'

/** By this tag, calls of the alert webhook are found among the tasks; a failure of theirs is never told by another one. */
export const ALERT_TAG = 'redrive:alert'
