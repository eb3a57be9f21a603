/** Something whose speed is measured, beside the others, on the same engines. */
export interface Contestant {
  readonly name: string
  /** What one of its units is, and what is durable about it. */
  readonly what: string
  /** Brings it up, warm and idle; called anew in each round, so that all meet a fresh database and virtual host. */
  prepare(): Promise<Prepared>
}

export interface Prepared {
  /** Does so many units of work, and resolves when the last one is done and durable. */
  work(count: number): Promise<void>
  /** Processes of its own, beside this one and the engines, by name. */
  readonly processes?: ReadonlyMap<number, string>
  /** Lets go of everything that `prepare` took. */
  close(): Promise<void>
}

/** One turn of one contestant. */
export interface Turn {
  readonly count: number
  readonly ms: number
  /** Processor time while it worked, in milliseconds, by the name of the process. */
  readonly cpuMs: Readonly<Record<string, number>>
}
