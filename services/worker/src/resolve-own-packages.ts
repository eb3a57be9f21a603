import { registerHooks } from 'node:module'

/** What a module with task types cannot do without. */
const OWN_PACKAGES: ReadonlySet<string> = new Set(['@redrive/worker', 'zod'])

let isRegistered = false

/**
 * Lets modules outside this repository import `@redrive/worker` and `zod` without a `node_modules` of their own: where
 * the usual resolution fails, they get the worker's copies. A module that has its own keeps it.
 */
export function resolveOwnPackages(): void {
  if (isRegistered) return
  isRegistered = true
  registerHooks({
    resolve: (specifier, context, nextResolve) => {
      try {
        return nextResolve(specifier, context)
      } catch (error) {
        if (!OWN_PACKAGES.has(specifier)) throw error
        return nextResolve(specifier, { ...context, parentURL: import.meta.url })
      }
    },
  })
}
