import type { TimelineEntryResource } from '@redrive/shared/contract'
import type { AttemptView, AuditEntryView, DeadLetterView, TaskView } from '@redrive/shared/database'
import { tellTimeline, type TimelineEntry } from '@redrive/shared/task'
import { toError } from './to-error.ts'

/** What a timeline is told from, with what is to be masked masked already. */
export interface TimelineViews {
  readonly task: TaskView | null
  readonly attempts: readonly AttemptView[]
  readonly deadLetters: readonly DeadLetterView[]
  readonly history: readonly AuditEntryView[]
}

export function toTimeline({ task, attempts, deadLetters, history }: TimelineViews): TimelineEntryResource[] {
  const deaths = deadLetters.map((letter) => ({ ...letter, rawBytes: letter.raw?.length ?? null }))
  return tellTimeline({ task, attempts, deaths, acts: history }).map(toEntry)
}

function toEntry({ at, error, evidence, ...rest }: TimelineEntry): TimelineEntryResource {
  return {
    at: at.toISOString(),
    ...rest,
    ...(error !== undefined && { error: toError(error) }),
    ...(evidence !== undefined && { evidence: { ...evidence } }),
  }
}
