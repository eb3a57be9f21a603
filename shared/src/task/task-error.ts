/** An error as every part of Redrive stores and shows it. */
export interface TaskError {
  readonly type: string
  readonly message: string
  readonly stack?: string
  readonly code?: string
  readonly cause?: TaskError
}
