import { MUTATIONS } from './mutation.ts'

/** The table of the documentation. */
export function tellMutations(): string {
  const rows = Object.entries(MUTATIONS).map(
    ([name, { what, from, within, invariants }]) =>
      `| \`${name}\` | ${what} | ${invariants.join(', ')} | ${within} from ${from} |`,
  )
  return ['| Mutation | What it breaks | Noticed as | Seeds |', '| -- | -- | -- | -- |', ...rows, ''].join(
    '\n',
  )
}
