import type { Tenant } from '@redrive/shared/database'
import type { Words } from '@redrive/shared/filter'
import { nearestName } from '@redrive/shared/task'

/** The tenants that a filter names, among those that are visible. */
export function chooseTenants(
  named: Words | undefined,
  visible: readonly Tenant[],
): { readonly ids: readonly string[] } | { readonly fault: string } {
  const wanted = new Set(named?.anyOf ?? named?.noneOf)
  const names = visible.map(({ name }) => name)
  const unknown = [...wanted].find((name) => !names.includes(name))
  if (unknown !== undefined) return { fault: unknownTenant(unknown, names) }
  const isChosen = (name: string) => (named?.anyOf === undefined ? !wanted.has(name) : wanted.has(name))
  return { ids: visible.filter(({ name }) => isChosen(name)).map(({ id }) => id) }
}

const MAX_DISTANCE = 2

function unknownTenant(name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names)
  const guess =
    nearest !== null && nearest.distance <= MAX_DISTANCE ? `; did you mean "${nearest.name}"?` : ''
  return `"${name}" is no tenant that you see${guess}`
}
