import { readFileSync, writeFileSync } from 'node:fs'

/** What handlers write down about their runs, outside the ledger: one line of JSON each. */
export interface SideLog<Run = { readonly taskId: string; readonly attempt: number }> {
  readonly file: string
  readonly runs: () => readonly Run[]
  /** Lets handlers return that hold on until they are told. */
  readonly release: () => void
}

/** A new, empty one in this file. */
export function createSideLog<Run>(file: string): SideLog<Run> {
  writeFileSync(file, '')
  return {
    file,
    runs: () =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Run),
    release: () => writeFileSync(`${file}.go`, ''),
  }
}
