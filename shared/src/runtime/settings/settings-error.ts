/** The environment cannot be used. `problems` has every one of them, so that an operator needs one round only. */
export class SettingsError extends Error {
  readonly code = 'SETTINGS_INVALID'
  readonly problems: readonly string[]

  constructor(service: string, problems: readonly string[]) {
    const count = problems.length === 1 ? 'A setting' : `${problems.length} settings`
    super(
      `${count} of the ${service} cannot be used:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
    )
    this.name = 'SettingsError'
    this.problems = problems
  }
}
