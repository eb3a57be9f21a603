import type { Invariant, QueueFact } from '../evidence.ts'

export const everythingHeals: Invariant = {
  id: 'I8',
  promise: 'everything is as before when the faults are over',
  violations: ({ unready, queues, history, injections }) => [
    ...unready,
    ...queues.flatMap(findUnhealed),
    ...injections
      .filter(({ recoveredAfterMs }) => recoveredAfterMs === null)
      .map(({ fault, healedAtMs }) => `tasks did not flow again after ${fault}, healed at ${healedAtMs} ms`),
    ...history
      .filter(({ event }) => event === 'violation.exit')
      .map((line) => `a service did not stop cleanly: ${JSON.stringify(line)}`),
  ],
}

function findUnhealed(queue: QueueFact): readonly string[] {
  const { messages, ready, unacknowledged, consumers, wantedConsumers } = queue
  const told = JSON.stringify(queue)
  return [
    ...(messages === ready + unacknowledged ? [] : [`messages are stuck: ${told}`]),
    ...(messages > 0 ? [`not drained: ${told}`] : []),
    ...(messages < 0 ? [`not there: ${told}`] : []),
    ...(consumers === wantedConsumers ? [] : [`other consumers than configured: ${told}`]),
  ]
}
