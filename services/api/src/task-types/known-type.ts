import type { Lane } from '@redrive/shared/task'
import type { InputCheck } from './compile-input-check.ts'

/** What the api needs of a task type to accept a task of it. */
export interface KnownType {
  readonly name: string
  readonly lane: Lane
  readonly maxAttempts: number
  /** Paths to fields of the input that are masked wherever they are shown. */
  readonly sensitive: readonly string[]
  /** Null where the registered schema cannot be used; the worker checks the input then. */
  readonly checkInput: InputCheck | null
}
