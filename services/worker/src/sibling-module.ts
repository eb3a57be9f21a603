/** A module beside another one, for a thread or a process of its own: sources run under their own names, and the build under its. */
export function siblingModule(name: string, besideUrl: string): URL {
  return new URL(`./${name}${besideUrl.endsWith('.ts') ? '.ts' : '.js'}`, besideUrl)
}
