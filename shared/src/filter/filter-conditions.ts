/** Any of these words, or none of them. Sorted and distinct, so that equal filters are equal JSON. */
export interface Words<Word extends string = string> {
  readonly anyOf?: readonly Word[]
  readonly noneOf?: readonly Word[]
}

/** Bounds of a number: as many as were given. */
export interface Bounds {
  readonly atLeast?: number
  readonly above?: number
  readonly atMost?: number
  readonly below?: number
}

export interface Numbers extends Bounds {
  readonly anyOf?: readonly number[]
  readonly noneOf?: readonly number[]
}

/** From this instant on, and before that one: RFC 3339 in UTC with milliseconds. */
export interface Times {
  readonly from?: string
  readonly before?: string
}

export type Scalar = string | number | boolean | null

/** A number is an index of an array or, where there is no array, a key of digits. */
export type PathStep = string | number

/** What stands at a path of the input. A path that does not exist matches nothing, `noneOf` neither. */
export interface InputCondition extends Bounds {
  readonly path: readonly PathStep[]
  readonly anyOf?: readonly Scalar[]
  readonly noneOf?: readonly Scalar[]
}
