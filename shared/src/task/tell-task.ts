import type { TimelineAct, TimelineEntry, TimelineTask } from './timeline-facts.ts'

/** How a task came, and where it stands: what no attempt, death or act tells. */
export function tellTask(
  task: TimelineTask,
  acts: readonly TimelineAct[],
): { readonly before: readonly TimelineEntry[]; readonly after: readonly TimelineEntry[] } {
  return { before: [accepted(task), ...firstDue(task)], after: standing(task, acts) }
}

function accepted({ type, createdAt }: TimelineTask): TimelineEntry {
  return { at: createdAt, kind: 'accepted', text: `The task of type ${type} was accepted and stored.` }
}

/** Most tasks are due at once; only a wait is worth a line, and one that still lasts is told as what comes next. */
function firstDue(task: TimelineTask): TimelineEntry[] {
  const { createdAt, firstRunAt, runAt, state, attempt, finishedAt } = task
  const isNext = firstRunAt.getTime() === runAt.getTime() && attempt === 0 && isOpen(state)
  const isOver = finishedAt !== null && attempt === 0 && finishedAt < firstRunAt
  if (firstRunAt <= createdAt || isNext || isOver) return []
  return [{ at: firstRunAt, kind: 'due', text: 'It was to run from this time on.' }]
}

function standing(task: TimelineTask, acts: readonly TimelineAct[]): TimelineEntry[] {
  const { state, runAt, confirmedAt, number, finishedAt } = task
  switch (state) {
    case 'scheduled':
      return [{ at: runAt, kind: 'due', text: 'It is due at this time.', dispatch: number }]
    case 'retrying':
      return [{ at: runAt, kind: 'due', text: 'Its next attempt is due at this time.', dispatch: number }]
    case 'waiting':
      return [due(task)]
    case 'queued':
      return [due(task), ...queued(confirmedAt, number)]
    case 'running':
    case 'failed':
      return []
    case 'succeeded':
      return ended(finishedAt, {
        kind: 'succeeded',
        text: `The task succeeded with attempt ${task.attempt}.`,
      })
    case 'expired':
      return ended(finishedAt, { kind: 'expired', text: whyExpired(task) })
    case 'cancelled':
      return acts.some(({ action }) => action === 'task.cancelled')
        ? []
        : ended(finishedAt, { kind: 'cancelled', text: 'The task was cancelled; by whom was not recorded.' })
  }
}

function isOpen(state: TimelineTask['state']): boolean {
  return state === 'scheduled' || state === 'retrying' || state === 'waiting' || state === 'queued'
}

function due({ runAt, number, state }: TimelineTask): TimelineEntry {
  const text =
    state === 'queued'
      ? 'It was due.'
      : 'It has been due since this time; its ticket goes to RabbitMQ when its turn comes.'
  return { at: runAt, kind: 'due', text, dispatch: number }
}

function queued(confirmedAt: Date | null, dispatch: number): TimelineEntry[] {
  if (confirmedAt === null) return []
  const text = `RabbitMQ confirmed its ticket, dispatch ${dispatch}.`
  return [{ at: confirmedAt, kind: 'queued', text, dispatch }]
}

function ended(at: Date | null, { kind, text }: Pick<TimelineEntry, 'kind' | 'text'>): TimelineEntry[] {
  return at === null ? [] : [{ at, kind, text }]
}

function whyExpired({ expiresAt, attempt }: TimelineTask): string {
  const deadline =
    expiresAt === null ? 'its deadline had passed' : `its deadline, ${expiresAt.toISOString()}, had passed`
  const runs =
    attempt === 0
      ? 'It never ran.'
      : `${attempt === 1 ? 'One attempt' : `${attempt} attempts`} had been made.`
  return `The task expired: ${deadline}. ${runs}`
}
