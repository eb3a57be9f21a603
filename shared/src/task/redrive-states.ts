/** What the ledger keeps; a plan whose time has passed is shown as `expired` without anybody having to write it. */
export const STORED_REDRIVE_STATES = ['planned', 'running', 'paused', 'stopped', 'completed'] as const
export const REDRIVE_STATES = [...STORED_REDRIVE_STATES, 'expired'] as const

export const REDRIVE_MEMBER_STATES = ['planned', 'redriven', 'skipped', 'recalled'] as const

/** Why a member was not redriven: found at planning (the first three) or when its turn came. */
export const SKIP_CODES = [
  'invalid_input',
  'input_too_large',
  'unknown_type',
  'carried',
  'redriven',
  'discarded',
  'not_failed',
  'gone',
] as const

/** What became of a redriven member's new life. */
export const MEMBER_OUTCOMES = [
  'succeeded',
  'failed_same',
  'failed_differently',
  'cancelled',
  'expired',
  'waiting',
  'running',
  'retrying',
] as const

export type StoredRedriveState = (typeof STORED_REDRIVE_STATES)[number]
export type RedriveState = (typeof REDRIVE_STATES)[number]
export type RedriveMemberState = (typeof REDRIVE_MEMBER_STATES)[number]
export type SkipCode = (typeof SKIP_CODES)[number]
export type MemberOutcome = (typeof MEMBER_OUTCOMES)[number]
