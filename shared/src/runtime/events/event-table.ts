import { BROKER_EVENTS } from './broker-events.ts'
import { GROUP_EVENTS } from './group-events.ts'
import { OVERLOAD_EVENTS } from './overload-events.ts'
import { PROCESS_EVENTS } from './process-events.ts'
import { REDRIVE_EVENTS } from './redrive-events.ts'
import { TASK_EVENTS } from './task-events.ts'

/**
 * Every event that Redrive emits; there are no others. Their names are the `event` of each log line.
 * n.b. `docs/events.md` is generated from this table (`npm run docs`).
 */
export const EVENTS = {
  ...BROKER_EVENTS,
  ...GROUP_EVENTS,
  ...OVERLOAD_EVENTS,
  ...PROCESS_EVENTS,
  ...REDRIVE_EVENTS,
  ...TASK_EVENTS,
} as const

export type EventName = keyof typeof EVENTS

interface FieldTypes {
  text: string
  number: number
  flag: boolean
  error: unknown
}

type KindOf<Fields, Key extends keyof Fields> = Fields[Key] extends
  | `${infer Kind extends keyof FieldTypes}?`
  | (infer Kind)
  ? Kind & keyof FieldTypes
  : never

type OptionalKeys<Fields> = {
  [Key in keyof Fields]: Fields[Key] extends `${string}?` ? Key : never
}[keyof Fields]

/** The fields of an event, typed from its definition. */
export type EventFields<Name extends EventName> = FieldsOf<(typeof EVENTS)[Name]['fields']>

type FieldsOf<Fields> = {
  readonly [Key in Exclude<keyof Fields, OptionalKeys<Fields>>]: FieldTypes[KindOf<Fields, Key>]
} & {
  readonly [Key in OptionalKeys<Fields>]?: FieldTypes[KindOf<Fields, Key>] | undefined
}
