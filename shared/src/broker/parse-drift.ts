import type { TopologyDrift } from './topology-drift-error.ts'

const INEQUIVALENT =
  /inequivalent arg '([^']+)' for (?:queue|exchange) '[^']+' in vhost '[^']*': received (.+?) but current is (.+?)"?$/

/** Reads RabbitMQ's text of a 406 about `object`: the argument, what we asked for, and what the broker has. */
export function parseDrift(object: Pick<TopologyDrift, 'kind' | 'name'>, brokerText: string): TopologyDrift {
  const match = INEQUIVALENT.exec(brokerText.trim())
  if (!match) return { ...object, argument: null, expected: null, found: null }
  const [, argument = null, received = '', current = ''] = match
  return { ...object, argument, expected: plainValue(received), found: plainValue(current) }
}

/** `the value '20' of type 'signedint'` and `'20'` are both 20 to an operator; `none` stays none. */
function plainValue(text: string): string | null {
  if (text === 'none') return null
  return /'([^']*)'/.exec(text)?.[1] ?? text
}
