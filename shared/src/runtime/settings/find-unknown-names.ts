import { nearestName } from '../../task/nearest-name.ts'
import { type Environment, NAMES_IN_FILE } from './read-environment.ts'

const PREFIXES = ['WORKER_', 'API_', 'RELEASE_', 'RECONCILE_', 'DATABASE_', 'AMQP_']

/** Two changes: enough for a slip or a plural, too few for Kubernetes' API_PORT to pass as a mistyped PORT. */
const SLIP = 2

/**
 * One problem for each name that looks like a mistyped setting. In `.env` every name with one of our prefixes counts,
 * because someone wrote it there for us; in the process's environment, where orchestrators put names like
 * `API_SERVICE_HOST` and `DATABASE_PORT` of their own, only one that is a slip away from a setting.
 */
export function findUnknownNames(environment: Environment, known: readonly string[]): string[] {
  const inFile = new Set(environment[NAMES_IN_FILE])
  return Object.keys(environment).flatMap((name) => {
    if (known.includes(name)) return []
    const hasPrefix = PREFIXES.some((prefix) => name.startsWith(prefix))
    if (!hasPrefix && !inFile.has(name)) return []
    const nearest = nearestName(name, known)
    const isSlip = nearest !== null && nearest.distance <= SLIP
    if (isSlip) return [`${name} is not a setting. Did you mean ${nearest.name}?`]
    if (!hasPrefix || !inFile.has(name)) return []
    const hint = nearest === null ? '' : ` The nearest one is ${nearest.name}.`
    return [`${name}, set in .env, is not a setting.${hint}`]
  })
}
