import type { RedriveState, StoredRedriveState } from './redrive-states.ts'

export const REDRIVE_COMMANDS = ['execute', 'pause', 'resume', 'stop', 'recall'] as const

export type RedriveCommand = (typeof REDRIVE_COMMANDS)[number]

/** `same`: the command was carried out before, and asking again changes nothing. */
export type RedriveDecision = { readonly to: StoredRedriveState } | 'same' | 'refused'

type Row = Readonly<Record<RedriveState, RedriveDecision>>

const to = (state: StoredRedriveState): RedriveDecision => ({ to: state })

/**
 * What each command does in each state. A recall stops what is still going back, or it would never be done.
 * n.b. `docs/redrives.md` shows the same table.
 */
const DECISIONS: Readonly<Record<RedriveCommand, Row>> = {
  execute: {
    planned: to('running'),
    running: 'same',
    paused: 'same',
    stopped: 'refused',
    completed: 'same',
    expired: 'refused',
  },
  pause: {
    planned: 'refused',
    running: to('paused'),
    paused: 'same',
    stopped: 'refused',
    completed: 'refused',
    expired: 'refused',
  },
  resume: {
    planned: 'refused',
    running: 'same',
    paused: to('running'),
    stopped: 'refused',
    completed: 'refused',
    expired: 'refused',
  },
  stop: {
    planned: to('stopped'),
    running: to('stopped'),
    paused: to('stopped'),
    stopped: 'same',
    completed: 'refused',
    expired: 'refused',
  },
  recall: {
    planned: 'refused',
    running: to('stopped'),
    paused: to('stopped'),
    stopped: to('stopped'),
    completed: to('completed'),
    expired: 'refused',
  },
}

export function decideRedriveCommand(command: RedriveCommand, state: RedriveState): RedriveDecision {
  return DECISIONS[command][state]
}
