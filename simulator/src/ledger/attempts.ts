import type { LedgerPort } from '@redrive/shared/protocol'
import { standingKey } from '@redrive/shared/task'
import type { OpenRow } from './rows.ts'
import type { Tables } from './tables.ts'

type Statements = Pick<
  LedgerPort,
  | 'cancelTask'
  | 'claimTickets'
  | 'failUnhandled'
  | 'findFinishedTokens'
  | 'finishFailed'
  | 'finishSucceeded'
  | 'noteLateOutcome'
  | 'readStandings'
  | 'rescheduleAttempts'
>
type Claimed = ReturnType<LedgerPort['claimTickets']>[number]
type Standing = NonNullable<ReturnType<ReturnType<LedgerPort['readStandings']>['get']>>
type Wanted = Parameters<LedgerPort['claimTickets']>[0]['tickets'][number]
type Failing = Pick<
  Parameters<LedgerPort['finishFailed']>[0][number],
  'deadLetterId' | 'isCharged' | 'outcome' | 'reason' | 'taskId'
>

/** What begins and ends attempts. */
export function attempts(tables: Tables): Statements {
  return {
    claimTickets({ workerId, types, tickets }) {
      const worker = tables.workers.get(workerId)
      if (worker?.state !== 'running' || worker.leaseUntil <= tables.nowMs) return []
      const claimable = tables
        .rowsOf(tickets)
        .filter((one) => isClaimable(tables, one) && types.includes(one.row.type))
      return claimable.map(({ row, wanted }) => claim(tables, row, { workerId, token: wanted.token }))
    },

    readStandings(tickets) {
      const standings = new Map<string, Standing>()
      for (const ticket of tickets) {
        const standing = standingOf(tables, ticket)
        if (standing !== null) standings.set(standingKey(ticket), standing)
      }
      return standings
    },

    finishSucceeded(successes) {
      const isAnyToken = tables.mutation === 'finish-any-token'
      const tokens = new Set<string>()
      for (const { row, wanted } of tables.rowsOf(successes)) {
        if (row.token === null || !(isAnyToken || row.token === wanted.token)) continue
        tables.recordAttempt(row, { outcome: 'succeeded', isCharged: true })
        tables.end(row, { state: 'succeeded', isCharged: true, result: wanted.result })
        tokens.add(wanted.token)
      }
      return tokens
    },

    finishFailed: (failures) => fail(tables, failures, (row, { token }) => row.token === token),

    failUnhandled: (failures) =>
      fail(tables, failures, (row, { number }) => row.token === null && row.number === number),

    rescheduleAttempts(reschedulings) {
      const isAnyToken = tables.mutation === 'reschedule-any-token'
      const tokens = new Set<string>()
      for (const { row, wanted } of tables.rowsOf(reschedulings)) {
        if (row.token === null || !(isAnyToken || row.token === wanted.token)) continue
        reschedule(tables, row, wanted)
        tokens.add(wanted.token)
      }
      return tokens
    },

    findFinishedTokens: (wanted) => findFinished(tables, wanted),

    cancelTask({ tenantId, id }) {
      const task = tables.tasks.get(id)
      if (task?.tenantId !== tenantId) return undefined
      const row = tables.open.get(id)
      if (row === undefined) return task.state
      if (row.token !== null) tables.recordAttempt(row, { outcome: 'cancelled', isCharged: false })
      tables.end(row, { state: 'cancelled', isCharged: false, result: null })
      return null
    },

    /** Notes are for people to read; nothing of the protocol looks at them. */
    noteLateOutcome: () => undefined,
  }
}

function findFinished(
  tables: Tables,
  wanted: Parameters<LedgerPort['findFinishedTokens']>[0],
): ReturnType<LedgerPort['findFinishedTokens']> {
  const outcomes = wanted.flatMap(({ taskId, attempt, token }) => {
    const row = tables.attemptsOf(taskId).find((one) => one.attempt === attempt && one.token === token)
    return row === undefined ? [] : [[token, row.outcome] as const]
  })
  return new Map(outcomes)
}

function isClaimable(
  tables: Tables,
  { row, wanted }: { readonly row: OpenRow; readonly wanted: Wanted },
): boolean {
  const { mutation, nowMs } = tables
  const isSame = row.token === wanted.token
  const isFree = row.token === null || mutation === 'claim-while-running'
  const isNumber = row.number === wanted.number || mutation === 'claim-any-number'
  const isInTime = row.expiresAt === null || row.expiresAt > nowMs
  return isNumber && (isFree || isSame) && row.dueAt <= nowMs && (isSame || isInTime)
}

function claim(
  tables: Tables,
  row: OpenRow,
  { workerId, token }: { readonly workerId: string; readonly token: string },
): Claimed {
  if (row.token !== token) row.attempt += 1
  row.workerId = workerId
  row.token = token
  row.startedAt ??= tables.nowMs
  row.takenUntil = null
  row.unhandledSince = null
  return {
    taskId: row.taskId,
    number: row.number,
    token,
    attempt: row.attempt,
    tenantId: row.tenantId,
    type: row.type,
    lane: row.lane,
    input: null,
    timeoutMs: null,
    maxAttempts: tables.tasks.get(row.taskId)?.maxAttempts ?? 0,
    chargedAttempts: row.chargedAttempts,
    attemptsBeforeLife: row.attemptsBeforeLife,
    losses: row.losses,
    returnedAttempts: row.returnedAttempts,
    startedAt: new Date(row.startedAt),
    retry: null,
    lifeAgeMs: tables.nowMs - row.lifeBeganAt,
    timeLeftMs: row.expiresAt === null ? null : row.expiresAt - tables.nowMs,
  }
}

function standingOf(
  tables: Tables,
  ticket: { readonly taskId: string; readonly number: number },
): Standing | null {
  const { nowMs } = tables
  const task = tables.tasks.get(ticket.taskId)
  if (task === undefined) return null
  const row = tables.open.get(ticket.taskId)
  return {
    taskId: task.id,
    ended: task.state,
    number: row?.number ?? task.number ?? 0,
    type: task.type,
    isRunning: row !== undefined && row.token !== null,
    isDue: row !== undefined && row.dueAt <= nowMs,
    isExpired: row !== undefined && row.expiresAt !== null && row.expiresAt <= nowMs,
    deadLetter: tables.lettersOf(task.id).find(({ number }) => number === ticket.number)?.state ?? null,
    unhandledForMs: row === undefined || row.unhandledSince === null ? 0 : nowMs - row.unhandledSince,
  }
}

function reschedule(
  tables: Tables,
  row: OpenRow,
  wanted: Parameters<LedgerPort['rescheduleAttempts']>[0][number],
): void {
  const { outcome, isCharged, delayMs, isUntried = outcome === 'returned' } = wanted
  tables.recordAttempt(row, { outcome, isCharged })
  row.chargedAttempts += Number(isCharged)
  row.returnedAttempts += Number(!isCharged) + (isUntried ? 0 : row.losses)
  if (!isUntried) row.losses = 0
  tables.sendAnew(row, { delayMs, isSameNumber: tables.mutation === 'retry-under-the-same-number' })
}

function fail<Failure extends Failing>(
  tables: Tables,
  failures: readonly Failure[],
  guard: (row: OpenRow, failure: Failure) => boolean,
): ReadonlySet<string> {
  const ended = new Set<string>()
  for (const { row, wanted } of tables.rowsOf(failures)) {
    if (!guard(row, wanted)) continue
    const { deadLetterId: id, reason, outcome, isCharged } = wanted
    if (row.token !== null) tables.recordAttempt(row, { outcome, isCharged })
    tables.end(row, { state: 'failed', isCharged, result: null })
    ended.add(row.taskId)
    if (tables.mutation === 'fail-without-dead-letter') continue
    const { taskId, number, type } = row
    tables.addLetter({
      id,
      taskId,
      number,
      type,
      reason,
      diedAt: tables.nowMs,
      state: 'carried',
      lifeBefore: null,
    })
  }
  return ended
}
