import type { Redrive, RedrivenTask } from '../database/index.ts'
import type { Flow } from './flow.ts'
import { ask, type Ask, emit, type Emit, reach, type Reach } from './ports.ts'

/**
 * Sends one failed task back for a new life; null when its dead letter is not open. One statement does all of it, and no
 * ticket is sent here: release finds the open row, so nothing that follows the commit can be missed.
 */
export function* redriveTask(
  order: Redrive,
): Flow<Ask<'redriveDeadLetter'> | Emit | Reach, RedrivenTask | null> {
  const redriven = yield* ask('redriveDeadLetter', order)
  if (redriven === null) return null
  yield reach('redrive.committed')
  const { deadLetterId, actor } = order
  yield emit('dead_letter.redriven', { deadLetterId, taskId: redriven.taskId, actor })
  return redriven
}

export interface ChunkOrder {
  readonly redriveId: string
  readonly maxChunk: number
}

export type ChunkEffect = Ask<'advanceRedrive'> | Ask<'recallMembers'> | Emit | Reach

/**
 * The next chunk of a redrive of many, in one transaction; answers whether more can go back at once. Which members had
 * their turn is committed with what happened to them, so whoever goes on repeats none and forgets none.
 */
export function* redriveChunk({
  redriveId,
  maxChunk,
}: ChunkOrder): Flow<Ask<'advanceRedrive'> | Emit | Reach, boolean> {
  const step = yield* ask('advanceRedrive', { redriveId, maxChunk })
  if (step === null) return false
  const { redriven, skipped, isCompleted, isFull } = step
  if (redriven + skipped > 0) {
    yield reach('redrive.chunk_committed')
    yield emit('redrive.advanced', { redriveId, redriven, skipped })
  }
  if (isCompleted) yield emit('redrive.completed', { redriveId })
  return isFull && !isCompleted
}

/**
 * Takes back the next members of a recalled redrive that no worker has started, in one transaction; answers whether there
 * are more. A claim and a recall of one task at once: both lock its open row, and one of them finds it changed.
 */
export function* recallChunk({
  redriveId,
  maxChunk,
}: ChunkOrder): Flow<Ask<'recallMembers'> | Emit | Reach, boolean> {
  const chunk = yield* ask('recallMembers', { redriveId, limit: maxChunk })
  if (chunk === null) return false
  if (chunk.recalled.length > 0) {
    yield reach('recall.chunk_committed')
    yield emit('redrive.members_recalled', { redriveId, count: chunk.recalled.length })
  }
  if (chunk.isDone) yield emit('redrive.recall_ended', { redriveId })
  return !chunk.isDone
}
