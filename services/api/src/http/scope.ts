/** What a key can be allowed to do. */
export const SCOPES = [
  'audit:read',
  'dead-letters:read',
  'dead-letters:write',
  'inputs:reveal',
  'tasks:read',
  'tasks:write',
] as const

export type Scope = (typeof SCOPES)[number]
