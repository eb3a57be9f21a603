import type { Evidence, Invariant, TaskFact } from './evidence.ts'

/** What every type comes to where nobody interferes; null where it depends on what happens around it. */
const ENDINGS: Readonly<Record<string, string | null>> = {
  'torture.fast': 'succeeded',
  'torture.slow': 'succeeded',
  'torture.retried': 'succeeded',
  'torture.broken': 'failed',
  'torture.mended': null,
  'torture.crashing': 'failed',
  // Longer than its worker's patience, it is killed and convicted.
  'torture.stalling': null,
}

/** I1 to I10, each over what was collected at the end. Pure. */
export const INVARIANTS: readonly Invariant[] = [
  {
    id: 'I1',
    promise: 'no accepted task is lost, and each has ended',
    violations: (evidence) => [...findLost(evidence), ...findUnended(evidence)],
  },
  {
    id: 'I2',
    promise: 'each task has one ending, and what a client saw of it stays so',
    violations: (evidence) => [...findTwiceEnded(evidence), ...findChanged(evidence)],
  },
  {
    id: 'I3',
    promise: 'attempts have no gaps, each begins once, and no more are charged than allowed',
    violations: (evidence) => [
      ...findGaps(evidence),
      ...findBegunTwice(evidence),
      ...findOvercharged(evidence),
    ],
  },
  {
    id: 'I4',
    promise: 'a failed task has one dead letter that is not redriven, and no other task has one',
    violations: findWrongDeadLetters,
  },
  { id: 'I5', promise: 'a key makes its tasks once', violations: findKeysUsedTwice },
  { id: 'I6', promise: 'no innocent task fails', violations: findVictims },
  { id: 'I7', promise: 'memory, files and refusals stay within their bounds', violations: findUnbounded },
  { id: 'I8', promise: 'everything is as before when the faults are over', violations: findUnhealed },
  {
    id: 'I9',
    promise: 'what was refused does not exist, and nothing exists that nobody sent',
    violations: findUnexpected,
  },
  { id: 'I10', promise: 'the audit alone tells the state of every dead letter', violations: findUnaudited },
]

function findLost({ known, tasks }: Evidence): readonly string[] {
  return known.submissions.flatMap(({ op, ids }) =>
    (ids ?? [])
      .filter((id) => !tasks.has(id))
      .map((id) => `lost: ${id} of ${op} was accepted and is not there`),
  )
}

function findUnended({ tasks, openIds }: Evidence): readonly string[] {
  return [...tasks.values()].flatMap(({ id, state }) => {
    if (state === null)
      return [
        openIds.has(id) ? `not ended: ${id} is still open` : `lost: ${id} has neither ended nor an open row`,
      ]
    return openIds.has(id) ? [`ended and open: ${id}`] : []
  })
}

function findTwiceEnded({ attempts, runs, tasks }: Evidence): readonly string[] {
  const successes = attempts.filter(({ outcome }) => outcome === 'succeeded').map(({ taskId }) => taskId)
  const ended = new Set(runs.filter(({ what }) => what === 'ended').map(runKey))
  return [
    ...repeated(successes).map((id) => `ended twice: ${id} has two attempts that succeeded`),
    ...successes
      .filter((id) => tasks.get(id)?.state !== 'succeeded')
      .map((id) => `${id} succeeded and is ${tasks.get(id)?.state}`),
    ...attempts
      .filter(
        (one) => one.outcome === 'succeeded' && isTortured(tasks.get(one.taskId)) && !ended.has(runKey(one)),
      )
      .map((one) => `${runKey(one)} is recorded as succeeded, and its handler never ended`),
  ]
}

/** A redrive starts a new life of a failed task, and only that. */
function findChanged({ known, tasks }: Evidence): readonly string[] {
  return known.sightings.flatMap(({ taskId, state, result, atMs }) => {
    const task = tasks.get(taskId)
    if (task === undefined || !['succeeded', 'cancelled'].includes(state)) return []
    const isSame =
      task.state === state && JSON.stringify(task.result ?? null) === JSON.stringify(result ?? null)
    return isSame ? [] : [`${taskId} was seen ${state} at ${atMs} ms and is ${task.state}`]
  })
}

function findGaps({ attempts, tasks }: Evidence): readonly string[] {
  const counts = new Map<string, number>()
  for (const { taskId } of attempts) counts.set(taskId, (counts.get(taskId) ?? 0) + 1)
  return [...tasks.values()]
    .filter(({ id, attempt, state }) => state !== null && attempt !== (counts.get(id) ?? 0))
    .map(({ id, attempt }) => `${id} made ${attempt} attempts, of which ${counts.get(id) ?? 0} are recorded`)
}

function findBegunTwice({ runs, attempts }: Evidence): readonly string[] {
  const recorded = new Set(attempts.map(runKey))
  const begun = runs.filter(({ what }) => what === 'began').map(runKey)
  return [
    ...repeated(begun).map((key) => `${key} began twice`),
    ...begun.filter((key) => !recorded.has(key)).map((key) => `${key} began and is not recorded`),
  ]
}

function findOvercharged({ tasks }: Evidence): readonly string[] {
  return [...tasks.values()]
    .filter(({ chargedAttempts, maxAttempts }) => chargedAttempts > maxAttempts)
    .map(
      ({ id, chargedAttempts, maxAttempts }) =>
        `${id} is charged ${chargedAttempts} of ${maxAttempts} attempts`,
    )
}

function findWrongDeadLetters({ tasks, deadLetters }: Evidence): readonly string[] {
  const live = new Map<string, number>()
  for (const { taskId, state } of deadLetters) {
    if (taskId !== null && state !== 'redriven') live.set(taskId, (live.get(taskId) ?? 0) + 1)
  }
  return [
    ...[...tasks.values()]
      .filter(({ id, state }) => (live.get(id) ?? 0) !== (state === 'failed' ? 1 : 0))
      .map(
        ({ id, state }) => `${id} is ${state} with ${live.get(id) ?? 0} dead letters that are not redriven`,
      ),
    ...deadLetters
      .filter(({ state }) => state === 'carried')
      .map(({ id }) => `dead letter ${id} is still carried`),
  ]
}

function findKeysUsedTwice({ known, history, tasks }: Evidence): readonly string[] {
  const made = new Map<string, number>()
  for (const { op } of tasks.values()) if (op !== null) made.set(op, (made.get(op) ?? 0) + 1)
  const answers = history
    .filter(({ event }) => event === 'violation.key')
    .map((line) => `two answers for one key: ${JSON.stringify(line)}`)
  const counts = known.submissions
    .filter(
      ({ op, count, outcome }) => ![count, ...(outcome === 'ok' ? [] : [0])].includes(made.get(op) ?? 0),
    )
    .map(
      ({ op, count, outcome }) => `${op} (${outcome}) asked for ${count} tasks and made ${made.get(op) ?? 0}`,
    )
  return [...answers, ...counts]
}

function findVictims({ known, tasks }: Evidence): readonly string[] {
  const cancelled = new Set(
    known.commands
      .filter(({ kind, outcome }) => kind === 'cancel' && outcome !== 'fail')
      .map(({ taskId }) => taskId),
  )
  return [...tasks.values()].flatMap(({ id, type, state }) => {
    const expected = ENDINGS[type] ?? null
    if (expected === null || state === null || state === expected) return []
    return state === 'cancelled' && cancelled.has(id) ? [] : [`${type} ${id} is ${state} and not ${expected}`]
  })
}

/** Seen: 120 to 190 MB and some 60 files. Three times as much is no accident. */
const MOST_MEMORY_BYTES = 600_000_000
const MOST_FILES = 1_000
/** The api's own deadlines end before. */
const LONGEST_REFUSAL_MS = 19_000

function findUnbounded({ processes, known }: Evidence): readonly string[] {
  return [
    ...processes
      .filter(
        ({ mostMemoryBytes, mostFiles }) => mostMemoryBytes > MOST_MEMORY_BYTES || mostFiles > MOST_FILES,
      )
      .map((one) => `${one.name} had ${Math.round(one.mostMemoryBytes / 1e6)} MB and ${one.mostFiles} files`),
    ...known.refusals
      .filter(({ status, durationMs }) => status >= 429 && durationMs > LONGEST_REFUSAL_MS)
      .map(({ status, durationMs }) => `a ${status} took ${durationMs} ms`),
  ]
}

function findUnhealed({ queues, unready, history }: Evidence): readonly string[] {
  return [
    ...unready,
    ...queues
      .filter(({ messages, ready, unacknowledged }) => messages !== ready + unacknowledged)
      .map((one) => `messages are stuck in ${JSON.stringify(one)}`),
    ...queues
      .filter(({ messages, consumers }) => messages > 0 || consumers === 0)
      .map((one) => `not drained, or nobody consumes: ${JSON.stringify(one)}`),
    ...history
      .filter(({ event }) => event === 'violation.exit')
      .map((line) => `a service did not stop cleanly: ${JSON.stringify(line)}`),
  ]
}

function findUnexpected({ known, tasks, history }: Evidence): readonly string[] {
  const submissions = new Map(known.submissions.map((one) => [one.op, one]))
  return [
    ...[...tasks.values()]
      .filter(({ op }) => op === null || !submissions.has(op))
      .map(({ id, type }) => `unexpected: ${type} ${id} was submitted by nobody`),
    ...[...tasks.values()]
      .filter(({ op }) => op !== null && submissions.get(op)?.outcome === 'fail')
      .map(({ id, op }) => `${id} exists, and ${op} was refused`),
    ...history
      .filter(({ event }) => event === 'violation.read')
      .map((line) => `an accepted task could not be read: ${JSON.stringify(line)}`),
  ]
}

const STATE_AFTER: Readonly<Record<string, string>> = {
  'dead_letter.redriven': 'redriven',
  'dead_letter.recalled': 'open',
  'dead_letter.restored': 'open',
  'dead_letter.discarded': 'discarded',
}

function findUnaudited({ deadLetters, audit }: Evidence): readonly string[] {
  const told = new Map<string, string>()
  for (const { action, deadLetterId } of audit) {
    const state = STATE_AFTER[action]
    if (deadLetterId !== null && state !== undefined) told.set(deadLetterId, state)
  }
  return deadLetters
    .filter(({ id, state }) => state !== 'carried' && state !== (told.get(id) ?? 'open'))
    .map(({ id, state }) => `dead letter ${id} is ${state}, and the audit says ${told.get(id) ?? 'open'}`)
}

function isTortured(task: TaskFact | undefined): boolean {
  return task?.type.startsWith('torture.') === true
}

function runKey({ taskId, attempt }: { readonly taskId: string; readonly attempt: number }): string {
  return `${taskId}#${attempt}`
}

function repeated(values: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  return [...new Set(values.filter((value) => seen.size === seen.add(value).size))]
}
