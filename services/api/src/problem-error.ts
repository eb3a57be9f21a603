import type { FieldError } from '@redrive/shared/contract'
import { PROBLEMS, type ProblemCode } from './problems.ts'

export interface ProblemDetails {
  readonly detail: string
  readonly errors?: readonly FieldError[]
  readonly headers?: Readonly<Record<string, string>>
  /** Further members of the answer, such as the state of the task. */
  readonly extensions?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/** Thrown to answer a request with a problem; everything in it is shown to the client but the cause. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly code: ProblemCode
  readonly errors: readonly FieldError[]
  readonly headers: Readonly<Record<string, string>>
  readonly extensions: Readonly<Record<string, unknown>>

  constructor(
    code: ProblemCode,
    { detail, errors = [], headers = {}, extensions = {}, cause }: ProblemDetails,
  ) {
    super(detail, { cause })
    this.code = code
    this.errors = errors
    this.headers = headers
    this.extensions = extensions
  }

  get status(): number {
    return PROBLEMS[this.code].status
  }
}
