import type { OpenRow, TaskRow } from './ledger/rows.ts'
import type { Tables } from './ledger/tables.ts'
import { Violation } from './violation.ts'

interface LastSeen {
  readonly state: string | null
  readonly number: number
  readonly token: string | null
}

type Told = () => string

const LASTING = ['cancelled', 'expired', 'succeeded']

/** Looks at every task after every statement, for what must be true at every moment and for what must not change. */
export class Watch {
  readonly #tables: Tables
  readonly #last = new Map<string, LastSeen>()
  readonly #letters = new Map<string, string>()

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** Throws `Violation`. */
  look(statement: string): void {
    for (const task of this.#tables.tasks.values()) {
      const row = this.#tables.open.get(task.id)
      const number = row?.number ?? task.number ?? 0
      const last = this.#last.get(task.id)
      const what = (): string => `task ${Number(task.id.slice(-12))} after ${statement}`
      // Of what had ended before and is as it was, only the dead letters may have changed: it saves half of the time.
      const isAsBefore =
        last !== undefined && row === undefined && task.state !== null && last.state === task.state
      if (!isAsBefore || last.number !== number) this.#lookAtTask(task, row, what)
      this.#countLetters(task, what)
      if (row !== undefined) lookAtRow(row, what)
      const now = { state: task.state, number, token: row?.token ?? null }
      if (last !== undefined) compare(last, now, what)
      this.#last.set(task.id, now)
    }
    this.#lookAtLetters(statement)
  }

  #lookAtTask(task: TaskRow, row: OpenRow | undefined, what: Told): void {
    if ((task.state === null) === (row === undefined))
      throw new Violation(
        'I1',
        `${what()}: ${task.state ?? 'open'}, with ${row === undefined ? 'no' : 'an'} open row`,
      )
    const attempts = this.#tables.attemptsOf(task.id)
    const over = (row ?? task).attempt - Number(row !== undefined && row.token !== null)
    if (attempts.length !== over)
      throw new Violation('I3', `${what()}: ${over} attempts are over, and ${attempts.length} have a record`)
    let charged = 0
    for (const { isCharged } of attempts) charged += Number(isCharged)
    const counted = (row ?? task).chargedAttempts
    if (charged !== counted)
      throw new Violation('I3', `${what()}: ${charged} attempts are charged, and ${counted} counted`)
    if (charged > task.maxAttempts)
      throw new Violation(
        'I3',
        `${what()}: ${charged} attempts are charged of ${task.maxAttempts} that it has`,
      )
    if (task.state === 'succeeded') this.#lookAtSuccess(task, what)
  }

  #countLetters({ id, state }: TaskRow, what: Told): void {
    let live = 0
    for (const letter of this.#tables.lettersOf(id)) live += Number(letter.state !== 'redriven')
    if (live !== Number(state === 'failed'))
      throw new Violation(
        'I4',
        `${what()}: ${state ?? 'open'}, with ${live} dead letters that are not redriven`,
      )
  }

  #lookAtSuccess({ id, result }: TaskRow, what: Told): void {
    const attempts = this.#tables.attemptsOf(id).filter(({ outcome }) => outcome === 'succeeded')
    const [only] = attempts
    if (attempts.length !== 1 || only === undefined)
      throw new Violation('I2', `${what()}: ${attempts.length} attempts succeeded`)
    if (result !== resultOf(id, only.attempt))
      throw new Violation('I2', `${what()}: attempt ${only.attempt} succeeded, with the result ${result}`)
  }

  /** A closed dead letter is opened by the recall of its redrive, and by nothing that arrives from the broker. */
  #lookAtLetters(statement: string): void {
    for (const { id, state } of this.#tables.letters.values()) {
      const last = this.#letters.get(id)
      this.#letters.set(id, state)
      if (last === undefined || last === state || last === 'carried' || last === 'open') continue
      if (statement !== 'recallDeadLetter')
        throw new Violation(
          'I4',
          `dead letter ${id.slice(-4)} after ${statement}: was ${last} and is ${state}`,
        )
    }
  }
}

/** What the handler of an attempt returns, so that a result tells whose it is. */
export function resultOf(taskId: string, attempt: number): string {
  return `"${taskId}#${attempt}"`
}

function compare(last: LastSeen, now: LastSeen, what: Told): void {
  if (last.state !== null && LASTING.includes(last.state) && now.state !== last.state)
    throw new Violation('I2', `${what()}: was ${last.state} and is ${now.state ?? 'open'}`)
  if (now.number < last.number)
    throw new Violation('I2', `${what()}: its number went back from ${last.number} to ${now.number}`)
  if (last.token === null || now.state !== null) return
  if (now.token === null && now.number === last.number)
    throw new Violation(
      'I2',
      `${what()}: its attempt is over, and its number is the one that was sent before`,
    )
  if (now.token !== null && now.token !== last.token)
    throw new Violation('I2', `${what()}: it was claimed while it ran`)
  if (now.token === last.token && now.number !== last.number)
    throw new Violation('I2', `${what()}: its number changed while it ran`)
}

function lookAtRow({ token, workerId, confirmedAt, takenUntil }: OpenRow, what: Told): void {
  if ((token === null) !== (workerId === null))
    throw new Violation(
      'I2',
      `${what()}: it has ${token === null ? 'a worker and no token' : 'a token and no worker'}`,
    )
  if (token === null && confirmedAt !== null && takenUntil !== null)
    throw new Violation('I1', `${what()}: its ticket is confirmed and still being published`)
}
