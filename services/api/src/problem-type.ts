import type { ProblemCode } from './problems.ts'

/** The stable reference that names a kind of problem, and where it is explained. */
export function problemType(code: ProblemCode): string {
  return `/docs/errors#${code.toLowerCase().replaceAll('_', '-')}`
}
