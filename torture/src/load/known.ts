/** One submission as its client remembers it. */
export interface Submission {
  readonly op: string
  readonly type: string
  readonly count: number
  readonly key: string | null
  readonly askedAtMs: number
  /** Null until, if ever, an answer said so. */
  ids: readonly string[] | null
  outcome: 'ok' | 'fail' | 'unknown'
}

/** A state in which a client saw a task. */
export interface Sighting {
  readonly taskId: string
  readonly askedAtMs: number
  /** When the answer was there. */
  readonly atMs: number
  readonly state: string
  readonly result: unknown
}

/** A command about one task or dead letter, and whether it was carried out, as far as its client knows. */
export interface Command {
  readonly kind: 'cancel' | 'discard' | 'recall' | 'redrive'
  readonly taskId: string
  readonly deadLetterId: string | null
  outcome: 'ok' | 'fail' | 'unknown'
}

/** What all clients together know: the side of the story that the checks compare with the ledger. */
export interface Known {
  readonly submissions: Submission[]
  readonly sightings: Sighting[]
  readonly commands: Command[]
  /** Redrives of many that may have been executed. */
  readonly redrives: string[]
  /** Milliseconds of calls that were refused or unanswered. */
  readonly refusals: { readonly status: number; readonly durationMs: number }[]
}

export function knowNothing(): Known {
  return { submissions: [], sightings: [], commands: [], redrives: [], refusals: [] }
}
