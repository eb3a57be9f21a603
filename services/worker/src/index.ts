/** What a module with task types of one's own imports. */
export { defineTask, PermanentError, RetryAfter, RunLater } from '@redrive/shared/task'
export type {
  HandlerContext,
  HandlerLogger,
  Lane,
  RetryPolicy,
  TaskDefinition,
  TaskProgress,
  TaskType,
} from '@redrive/shared/task'
