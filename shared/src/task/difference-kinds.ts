/** In which way a task contradicts the rule that it has ended or has exactly one open row, and a failed one a dead letter. */
export const DIFFERENCE_KINDS = [
  'neither_ended_nor_open',
  'ended_and_open',
  'open_without_a_task',
  'failed_without_a_dead_letter',
  'dead_letter_without_a_failure',
] as const

export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number]
