import type { Evidence, Invariant } from '../evidence.ts'

/** Seen: 120 to 210 MB and some 60 files, sockets among them. Three times as much is no accident. */
const MOST_MEMORY_BYTES = 600_000_000
/** The clients alone hold up to 200 connections to one api. */
const MOST_FILES = 500
/** The api's own deadlines end before. */
const LONGEST_REFUSAL_MS = 19_000

export const everythingIsBounded: Invariant = {
  id: 'I7',
  promise: 'memory, files and refusals stay within their bounds',
  violations: (evidence) => [...findGrown(evidence), ...findSlowRefusals(evidence)],
}

function findGrown({ processes }: Evidence): readonly string[] {
  return processes
    .filter(({ mostMemoryBytes, mostFiles }) => mostMemoryBytes > MOST_MEMORY_BYTES || mostFiles > MOST_FILES)
    .map((one) => `${one.name} had ${Math.round(one.mostMemoryBytes / 1e6)} MB and ${one.mostFiles} files`)
}

function findSlowRefusals({ known }: Evidence): readonly string[] {
  return known.refusals
    .filter(({ status, durationMs }) => status >= 429 && durationMs > LONGEST_REFUSAL_MS)
    .map(({ status, durationMs }) => `a ${status} took ${durationMs} ms`)
}
