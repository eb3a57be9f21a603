import { Loop, type Logger } from '@redrive/shared/runtime'
import { type GroupWatch, watchGroups } from './watch-groups.ts'

export interface GroupWatchOptions extends GroupWatch {
  readonly logger: Logger
  readonly isLeading: () => boolean
}

/** Somebody is told this long after the first death of a new fault, at most; a look costs a few index probes. */
const WATCH_EVERY_MS = 2_000

/** The loop that tells of faults, in the one dispatcher that leads this work. */
export function createGroupWatch({ logger, isLeading, ...watch }: GroupWatchOptions): Loop {
  return new Loop({
    name: 'groups',
    intervalMs: WATCH_EVERY_MS,
    logger,
    step: async () => (isLeading() ? watchGroups(watch) : 'idle'),
  })
}
