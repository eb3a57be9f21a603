/** Something wrong with one field of a filter, in words for whoever sent it. */
export interface FilterFault {
  readonly field: string
  readonly message: string
}

/** What a reader of one value says of it: the condition, or what is wrong. */
export type Read<T> = { readonly is: T } | { readonly fault: string }
