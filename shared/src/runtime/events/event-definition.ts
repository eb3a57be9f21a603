type EventLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/** What a field holds; one that ends in `?` may be left out. An error is anything that was thrown or kept as a task's error. */
type FieldKind = 'text' | 'number' | 'flag' | 'error' | 'text?' | 'number?' | 'flag?' | 'error?'

/** One named event, as data: the types of `emit`, the log line's level and the documentation come from it. */
export interface EventDefinition {
  readonly level: EventLevel
  readonly meaning: string
  readonly fields: Readonly<Record<string, FieldKind>>
}
