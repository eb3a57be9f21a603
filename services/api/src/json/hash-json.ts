import { hash } from 'node:crypto'

/** SHA-256 of a JSON value, the same whatever the order of properties and the white space were. */
export function hashJson(value: unknown): Buffer {
  return hash('sha256', canonicalJson(value), 'buffer')
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const record = value as Record<string, unknown>
  const members = Object.keys(record)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key])}`)
  return `{${members.join(',')}}`
}
