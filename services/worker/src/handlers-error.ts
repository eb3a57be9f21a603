/** Task types that cannot be used as they are: a person has to correct a file, so the worker does not start. */
export class HandlersError extends Error {
  readonly code = 'HANDLERS_UNUSABLE'

  /** @param problems one sentence each, naming the file or the type */
  constructor(problems: readonly string[]) {
    super(['The worker cannot use its task types:', ...problems.map((problem) => `- ${problem}`)].join('\n'))
    this.name = 'HandlersError'
  }
}
