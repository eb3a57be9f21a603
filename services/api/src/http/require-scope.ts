import { ProblemError } from '../problem-error.ts'
import type { Caller } from './caller.ts'
import type { Scope } from './scope.ts'

/** Throws SCOPE_REQUIRED unless the caller's key has the scope; for what a route does only when it is asked to. */
export function requireScope({ scopes }: Pick<Caller, 'scopes'>, scope: Scope, what: string): void {
  if (scopes.includes(scope)) return
  const detail = `${what} needs the scope "${scope}", which your key does not have.`
  throw new ProblemError('SCOPE_REQUIRED', { detail })
}
