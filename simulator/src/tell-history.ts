import { simulate, type SimulationOptions } from './simulate.ts'

/** Everything that happens in a run, one line each, with the seconds since its beginning. */
export function tellHistory(options: SimulationOptions): readonly string[] {
  const lines: string[] = []
  simulate({ ...options, trace: (line) => lines.push(line) })
  return lines
}
