import type { RetryPolicy } from './retry-policy.ts'

/**
 * A policy with some of it changed: a type's over the default, a task's over its type's. Whoever asks for fixed delays or
 * lists them means those, so with one of these strategies there is no jitter unless it is asked for as well.
 */
export function mergeRetryPolicy(policy: RetryPolicy, changes: Partial<RetryPolicy> | null): RetryPolicy {
  if (changes === null) return policy
  // A property that is there and undefined, as JavaScript allows it, changes nothing.
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
  const { strategy, jitter } = changes
  const isExact = strategy === 'fixed' || strategy === 'list'
  return { ...policy, ...given, ...(isExact && jitter === undefined ? { jitter: 'none' as const } : {}) }
}
