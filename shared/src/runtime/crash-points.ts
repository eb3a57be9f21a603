interface CrashWindow {
  /** What the ledger and the broker hold when a process stops here. */
  readonly trueThen: string
  /** Who notices, and what they do about it. */
  readonly repairedBy: string
}

/**
 * The points between two effects where a process can be made to kill itself, in the order of a task's life.
 * Closed: `docs/crash-windows.md` is generated from it, and a test kills a real process at each.
 */
export const CRASH_POINTS = {
  'submit.before_commit': {
    trueThen: 'Nothing is stored, and the client has no answer.',
    repairedBy: 'The client sends the request again; with an Idempotency-Key it may do so without thinking.',
  },
  'submit.committed': {
    trueThen:
      'The task and its open row are stored, no ticket was sent, and the client may not know that it was accepted.',
    repairedBy:
      'Release finds the open row once the time that the api had reserved for publishing is over, and sends the ticket; a repeated request with the same Idempotency-Key gets the stored task.',
  },
  'submit.published': {
    trueThen:
      'The ticket left the process, but nobody knows whether the broker has it, and the open row has no confirm.',
    repairedBy:
      'Release sends the ticket again under the same number after the grace. If both arrive, the first claim wins and the second ticket is void.',
  },
  'submit.confirmed': {
    trueThen: 'The broker has the ticket safely, and only the note of its confirm is missing in the ledger.',
    repairedBy:
      'Usually a worker claims it and the note is never missed; otherwise release sends a second ticket, which is void once one is claimed.',
  },
  'release.taken': {
    trueThen:
      'The open rows are reserved for this dispatcher for a few seconds, and none of their tickets was sent.',
    repairedBy:
      'The reservation runs out, and the dispatcher that holds the lane then releases the rows again.',
  },
  'release.published': {
    trueThen: 'Tickets are on their way, and no open row says that they were confirmed.',
    repairedBy:
      'After the reservation they are sent again with the same numbers; a ticket that arrives twice runs once.',
  },
  'claim.received': {
    trueThen:
      'The broker counts the tickets as unacknowledged, and the ledger knows nothing of this worker and these tasks.',
    repairedBy:
      'The broker hands the tickets to another worker when the connection ends, and no attempt is charged.',
  },
  'claim.committed': {
    trueThen: 'The open rows carry the token of a worker that is gone, and its handlers have not begun.',
    repairedBy:
      'Rescue sees that the worker no longer holds its lock, ends the attempts as lost without charging them, and sends new tickets; those that the broker hands out again are void.',
  },
  'run.in_handler': {
    trueThen: 'The handler has had some of its effects, and the ledger shows a running attempt.',
    repairedBy:
      'Rescue ends the attempt as lost and the task runs again: this is where a handler repeats itself, so its effects need the idempotency key.',
  },
  'alone.began': {
    trueThen: 'The handler runs in a process of its own, and the worker that could hear its outcome is gone.',
    repairedBy:
      'The process sees within half a second that its worker is gone and ends itself, also where its handler blocks it; rescue ends the attempt as lost, and the task runs alone again.',
  },
  'finish.before_commit': {
    trueThen: 'The handler is done, and its result existed in the memory of this process only.',
    repairedBy: 'Rescue ends the attempt as lost, and the handler runs again to the same end.',
  },
  'finish.committed': {
    trueThen: 'The task has ended with its result, and the broker still holds the ticket as unacknowledged.',
    repairedBy:
      'The broker delivers the ticket again, and the worker that gets it finds the task ended and acknowledges.',
  },
  'retry.committed': {
    trueThen:
      'The open row has the next number and a later due time, and the old ticket is still unacknowledged.',
    repairedBy:
      'The old ticket comes back with a number that is no longer current and is dropped; release sends the new one when it is due.',
  },
  'fail.before_commit': {
    trueThen: 'The last allowed attempt failed, and the ledger still shows it as running.',
    repairedBy:
      'Rescue ends the attempt as lost, which does not use up the budget, and the handler runs once more.',
  },
  'fail.committed': {
    trueThen: 'The task has failed and its dead letter is carried, but its ticket was not rejected.',
    repairedBy:
      'The broker delivers the ticket again, and the worker that gets it sees the carried dead letter and rejects it on its way to the error queue.',
  },
  'fail.rejected': {
    trueThen: 'The rejection was sent, and whether the broker has taken it is not known.',
    repairedBy:
      'Either the ticket is in the error queue and the recorder opens the dead letter, or it is delivered again and rejected again.',
  },
  'return.committed': {
    trueThen:
      'The task was given back under the next number without charge, and its old ticket is not settled.',
    repairedBy: 'The old ticket is void wherever it turns up; release sends the new one.',
  },
  'record.received': {
    trueThen: 'A message of the error queue was read, and nothing about it was written.',
    repairedBy: 'The broker delivers it to the next recorder, which writes it as if for the first time.',
  },
  'record.committed': {
    trueThen:
      "The dead letter is open with the broker's evidence, and the message is still in the error queue.",
    repairedBy:
      'It is delivered once more, found to be recorded already, and acknowledged without a second record.',
  },
  'rescue.committed': {
    trueThen:
      'The lost attempts are closed and their open rows have new numbers, but no new ticket was sent.',
    repairedBy:
      'They are due rows like any others, and release, here or in another dispatcher, sends their tickets.',
  },
  'expire.committed': {
    trueThen:
      'Tasks have ended as expired, and their tickets may still be with the broker; no event told of it, and more overdue tasks may be left.',
    repairedBy:
      'A worker that gets such a ticket finds the task ended and acknowledges; the dispatcher that leads next ends the others.',
  },
  'redrive.committed': {
    trueThen:
      'The dead letter is marked as redriven and the task has an open row again, but no ticket was sent and the operator may have no answer.',
    repairedBy:
      'Release sends the ticket; a repeated request is told that the dead letter is no longer open.',
  },
  'redrive.planned': {
    trueThen:
      'The plan of a redrive of many and its members are stored, and the operator may have no answer.',
    repairedBy:
      'Nothing goes back before a plan is executed: it is found with `GET /api/v1/redrives`, or expires; asking again makes another plan.',
  },
  'redrive.started': {
    trueThen:
      'The redrive is running in the ledger, no member has gone back, and the operator may have no answer.',
    repairedBy:
      'The dispatcher that leads redrives finds it and begins; pressing execute again is answered with the same state.',
  },
  'redrive.chunk_before_commit': {
    trueThen:
      'A chunk of members was redriven in a transaction that is not committed, so nothing of it has happened.',
    repairedBy:
      'Another dispatcher takes the lead, or this one when it is back, and begins with the same member.',
  },
  'redrive.chunk_committed': {
    trueThen:
      'A chunk of members has open rows and marked dead letters, the redrive says that they had their turn, and no ticket was sent.',
    repairedBy:
      'Release sends the tickets of these rows like any others; the next chunk begins with the next member.',
  },
  'recall.chunk_committed': {
    trueThen:
      'Some members of a recalled redrive are dead again, others still wait for their first attempt, and their tickets are on their way.',
    repairedBy:
      'The wish stands in the ledger: the dispatcher that leads redrives takes back the rest that no worker has started.',
  },
  'groups.changed': {
    trueThen:
      'A transaction that marks groups of dead letters as told, regressed or open again was not committed; nobody was told.',
    repairedBy:
      'The dispatcher that leads the work next finds the same groups, marks them and calls the alert webhook.',
  },
  'groups.committed': {
    trueThen:
      'The groups are marked and the calls of the alert webhook are tasks; the event that logs and counts them was not emitted.',
    repairedBy:
      'Nobody needs to: release sends the tickets of the calls, once. The log line and the counter miss one, and the gauge of groups by state does not.',
  },
} as const satisfies Record<string, CrashWindow>

export type CrashPoint = keyof typeof CRASH_POINTS

interface CrashPlan {
  readonly point: CrashPoint
  readonly occurrence: number
}

let plan: CrashPlan | null = null
let timesReached = 0

/** Reads `name` or `name:N`; null when the name is not a crash point or N is not a positive number. */
export function parseCrashAt(crashAt: string): CrashPlan | null {
  const [point = '', occurrence = '1', ...rest] = crashAt.split(':')
  if (!isCrashPoint(point) || rest.length > 0 || !/^[1-9]\d{0,8}$/.test(occurrence)) return null
  return { point, occurrence: Number(occurrence) }
}

/** Prepares the crash that the setting CRASH_AT asks for; without it, nothing ever crashes. Called once, by `main`. */
export function armCrashPoint(crashAt: string | undefined): void {
  plan = crashAt === undefined ? null : parseCrashAt(crashAt)
  timesReached = 0
}

/**
 * Marks a point between two effects. Does nothing unless armed for this point; then it kills its own process
 * with SIGKILL, so that no handler, buffer or `finally` softens the crash.
 */
export function reachCrashPoint(point: CrashPoint): void {
  if (plan === null || plan.point !== point) return
  timesReached += 1
  if (timesReached === plan.occurrence) process.kill(process.pid, 'SIGKILL')
}

function isCrashPoint(name: string): name is CrashPoint {
  return Object.hasOwn(CRASH_POINTS, name)
}
