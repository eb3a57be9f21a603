import type { Registry } from 'prom-client'
import { countEvents } from './count-events.ts'
import type { EventFields, EventName } from './event-table.ts'
import { logEvents } from './log-events.ts'
import type { Logger } from '../create-logger.ts'

/** An event with its fields, so that a switch over `name` narrows `fields`. */
export type EmittedEvent = {
  [Name in EventName]: { readonly name: Name; readonly fields: EventFields<Name> }
}[EventName]

export type EventSubscriber = (event: EmittedEvent) => void

export interface Events {
  /** Tells every subscriber, at once and in order. Cheap enough for every task: no input, output or waiting. */
  emit<Name extends EventName>(name: Name, fields: EventFields<Name>): void
  /** The same for an event that was put together elsewhere. */
  tell(event: EmittedEvent): void
  /** Adds a subscriber, which must not throw; the returned function removes it. */
  subscribe(subscriber: EventSubscriber): () => void
}

/**
 * The one way for code to say what happened: a log line at the event's level, and the metrics it counts for.
 * Call it once per registry, because the metrics are registered with it.
 */
export function createEvents({ logger, registry }: { logger: Logger; registry: Registry }): Events {
  const subscribers = new Set<EventSubscriber>([logEvents(logger), countEvents(registry)])
  const tell = (event: EmittedEvent): void => {
    for (const subscriber of subscribers) subscriber(event)
  }
  return {
    // The pair is right by emit's own signature; TypeScript cannot follow a generic name into a union.
    emit: (name, fields) => tell({ name, fields } as EmittedEvent),
    tell,
    subscribe(subscriber) {
      subscribers.add(subscriber)
      return () => subscribers.delete(subscriber)
    },
  }
}
